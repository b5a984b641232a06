import Glibc

/// Which media type a file name stands for.
///
/// The table is the system's own, `/etc/mime.types` of Debian's `media-types` package, which is kept up to date with
/// the machine; types a web page cannot do without are known also where that file is missing.
package struct MediaTypes: Sendable {
  private var types: [String: String]

  /// What a browser must know to show a page.
  private static let builtIn = [
    "html": "text/html", "htm": "text/html", "css": "text/css", "js": "text/javascript", "mjs": "text/javascript",
    "json": "application/json", "map": "application/json", "webmanifest": "application/manifest+json",
    "txt": "text/plain", "md": "text/markdown", "csv": "text/csv", "xml": "application/xml", "svg": "image/svg+xml",
    "png": "image/png", "jpg": "image/jpeg", "jpeg": "image/jpeg", "gif": "image/gif", "webp": "image/webp",
    "avif": "image/avif", "ico": "image/vnd.microsoft.icon", "woff": "font/woff", "woff2": "font/woff2",
    "ttf": "font/ttf", "otf": "font/otf", "wasm": "application/wasm", "pdf": "application/pdf", "mp4": "video/mp4",
    "webm": "video/webm", "mp3": "audio/mpeg", "ogg": "audio/ogg", "vtt": "text/vtt",
  ]

  /// The system's table over the built-in one.
  package static func system() -> MediaTypes { MediaTypes(table: contents(of: "/etc/mime.types")) }

  /// - Parameter table: lines of a type and its extensions, `#` starts a comment.
  init(table: String) {
    types = Self.builtIn
    for line in table.split(whereSeparator: \.isNewline) where !line.hasPrefix("#") {
      let words = line.split(whereSeparator: \.isWhitespace)
      guard let type = words.first, type.contains("/"), type.utf8.allSatisfy({ (0x21...0x7E).contains($0) }) else {
        continue
      }
      for suffix in words.dropFirst() where suffix != "svgz" { types[suffix.lowercased()] = String(type) }
    }
  }

  /// The value of `Content-Type` for a file of that name; text is UTF-8, what nobody knows is `application/octet-stream`.
  package func contentType(of name: some StringProtocol) -> String {
    guard let dot = name.lastIndex(of: "."), let type = types[name[name.index(after: dot)...].lowercased()] else {
      return "application/octet-stream"
    }
    return type.hasPrefix("text/") ? type + "; charset=utf-8" : type
  }

  private static func contents(of path: String) -> String {
    guard let file = unsafe fopen(path, "re") else { return "" }
    defer { unsafe _ = fclose(file) }
    var bytes: [UInt8] = []
    while bytes.count < 4 << 20 {
      let piece = unsafe [UInt8](unsafeUninitializedCapacity: 64 << 10) { buffer, count in
        count = unsafe fread(buffer.baseAddress, 1, buffer.count, file)
      }
      if piece.isEmpty { break }
      bytes += piece
    }
    return String(decoding: bytes, as: UTF8.self)
  }
}
