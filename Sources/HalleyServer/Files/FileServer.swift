import Glibc
import HTTPTypes
import HalleyProtocols
import Synchronization

/// Seconds since 1970 by the wall clock.
package let wallClockSeconds: @Sendable () -> Int64 = { Int64(time(nil)) }

/// Serves the files below one directory to GET and HEAD.
///
/// Knows nothing of connections: a request goes in as a value, an answer with a `FileBody` comes out. Opening and
/// reading block for as long as the disk takes. Any thread.
package final class FileServer: Sendable {
  private struct Root {
    var directory: RootDirectory
    var openedAt: Int64
  }

  private let root: Mutex<Root>
  private let path: String
  private let cacheControl: String
  private let types: MediaTypes
  private let now: @Sendable () -> Int64

  /// - Parameters:
  ///   - options: the directory, and the `Cache-Control` of every answer.
  ///   - types: media types by file name.
  ///   - now: wall clock in seconds since 1970; a file from the future is said to be from now (RFC 9110 §8.8.2.1).
  /// - Throws: `FileError` when the directory cannot be opened.
  package init(
    _ options: FilesOptions, types: MediaTypes, now: @escaping @Sendable () -> Int64 = wallClockSeconds
  ) throws(FileError) {
    root = Mutex(Root(directory: try RootDirectory(options.directory), openedAt: now()))
    path = options.directory
    cacheControl = options.cacheControl
    self.types = types
    self.now = now
  }

  /// Answers one request.
  package func answer(_ request: FileRequest) -> FileAnswer {
    guard let path = FilePath(request.segments) else { return .notFound }
    let root = currentRoot()
    do throws(FileError) {
      if request.trailingSlash || path.isRoot { return try serve(path.index, root, request) }
      let found = try root.open(path.text)
      switch found.kind {
      case .file: return respond(found, path, root, request)
      case .directory: return try redirect(path, root, request)
      case .other: return .notFound
      }
    } catch {
      return error.isShortage ? FileAnswer(status: 503, fields: [.retryAfter: "1"]) : .notFound
    }
  }

  /// The directory that the path names now, looked up again once a second: a new version is often put in place by
  /// renaming or by turning a link. While the path leads nowhere the directory known last stays.
  private func currentRoot() -> RootDirectory {
    let now = now()
    return root.withLock { root in
      if root.openedAt != now {
        root.openedAt = now
        if let directory = try? RootDirectory(path) { root.directory = directory }
      }
      return root.directory
    }
  }

  private func serve(_ path: FilePath, _ root: RootDirectory, _ request: FileRequest) throws(FileError) -> FileAnswer {
    let found = try root.open(path.text)
    return found.kind == .file ? respond(found, path, root, request) : .notFound
  }

  /// Sends a browser to the directory's own address, so that relative links work; only where there is an index, or the
  /// answer would tell that the directory exists.
  private func redirect(_ path: FilePath, _ root: RootDirectory, _ request: FileRequest) throws(FileError) -> FileAnswer
  {
    guard try root.open(path.index.text).kind == .file else { return .notFound }
    // Relative to the request (RFC 9110 §10.2.2), so neither the mount nor a proxy's prefix matters, and no path can
    // turn into another host. The dot keeps a colon in the name from looking like a scheme.
    let query = request.query.map { "?" + $0 } ?? ""
    let location = "./" + path.encodedName + "/" + query
    return FileAnswer(status: 301, fields: [.location: location, .cacheControl: cacheControl])
  }

  /// Chooses the representation, then asks the preconditions, then cuts the ranges (RFC 9110 §13.2.2).
  private func respond(
    _ file: OpenFile, _ path: FilePath, _ root: RootDirectory, _ request: FileRequest
  ) -> FileAnswer {
    let chosen = FileRepresentation(of: file, at: path, in: root, accepting: request.field("accept-encoding"))
    let seconds = now()
    let modified = min(chosen.file.modified.seconds, seconds)
    let tag = EntityTag(chosen.file.tag)
    var fields: HTTPFields = [.eTag: tag.description, .cacheControl: cacheControl]
    if chosen.varies { fields[.vary] = "Accept-Encoding" }
    let method: HTTPMethod = request.isHead ? .head : .get
    switch Preconditions.evaluate(method: method, tag: tag, lastModified: modified, field: request.field) {
    case .notModified: return FileAnswer(status: 304, fields: fields, length: nil)
    case .failed: return FileAnswer(status: 412, fields: fields)
    case .passed: break
    }
    fields[.lastModified] = HTTPDate.text(modified)
    fields[.acceptRanges] = "bytes"
    fields[.xContentTypeOptions] = "nosniff"
    if let coding = chosen.coding { fields[.contentEncoding] = coding }
    let type = types.contentType(of: path.name)
    let content = FileContent(request, file: chosen.file, type: type, tag: tag, modified: modified)
    return content.answer(fields, isHead: request.isHead)
  }
}
