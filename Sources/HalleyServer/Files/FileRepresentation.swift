import HalleyProtocols

/// The file that is sent for a path: itself, or a sibling that was compressed beforehand (`app.js.br`, `app.js.gz`).
struct FileRepresentation {
  let file: OpenFile
  /// The content coding of the sibling; nil for the file itself.
  let coding: String?
  /// The answer depends on `Accept-Encoding`, whichever file was chosen.
  let varies: Bool

  /// In the order of preference among equals.
  private static let siblings = [(coding: "br", suffix: ".br"), (coding: "gzip", suffix: ".gz")]

  init(of file: OpenFile, at path: FilePath, in root: RootDirectory, accepting: String?) {
    let accepted = AcceptEncoding(accepting)
    var best = (file: file, coding: String?.none, quality: accepted.quality(of: "identity"))
    var varies = false
    for sibling in Self.siblings {
      // One older than the file was made from an earlier state of it and must not be sent.
      guard let packed = try? root.open(path.text + sibling.suffix), packed.kind == .file,
        packed.modified >= file.modified
      else { continue }
      varies = true
      let quality = accepted.quality(of: sibling.coding)
      // On a tie the smaller answer: any sibling before the file itself.
      if quality > 0, quality > best.quality || (best.coding == nil && quality == best.quality) {
        best = (packed, sibling.coding, quality)
      }
    }
    self.file = best.file
    coding = best.coding
    self.varies = varies
  }
}
