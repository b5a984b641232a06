/// Serves a folder of `Sites/Public` as static files, with index pages, ranges, validators and `.br`/`.gz` siblings.
///
/// ```swift
/// Files("tracker")                                      // Sites/Public/tracker at /tracker/
/// Files("shared/fonts", at: "/fonts/", cacheControl: .immutable)
/// ```
///
/// A route declared for the same path goes before a file.
///
/// Put new versions in place by renaming. A large file leaves straight from the kernel's memory, so one that is written
/// over or cut off in place may reach clients that were loading it half old and half new, or with zeros before the
/// connection ends; a renamed one is sent as it was.
public struct Files: RouteDeclaration {
  /// What has been declared so far.
  public var declaration: Declaration

  /// Declares the folder; one that does not exist stops the start.
  ///
  /// - Parameters:
  ///   - folder: relative to `Sites/Public`.
  ///   - path: where the files appear below the site's mount.
  ///   - cacheControl: the `Cache-Control` field of every answer.
  ///   - file: filled in by the compiler.
  ///   - line: filled in by the compiler.
  public init(
    _ folder: String, at path: String = "/", cacheControl: CacheControl = .revalidate, file: String = #filePath,
    line: Int = #line
  ) {
    declaration = Declaration(
      .files(folder: folder, cacheControl: cacheControl.field), path: path, at: SourceLocation(file, line))
  }

  /// How long browsers and caches may keep a file.
  public struct CacheControl: Sendable, Hashable {
    let field: String

    /// Ask every time, answered with 304 while the file is the same. The default: an edited page shows at once.
    public static let revalidate = CacheControl(field: "no-cache")
    /// Never kept.
    public static let none = CacheControl(field: "no-store")
    /// Kept for a year and never asked for again: for files whose name changes with their content.
    public static let immutable = CacheControl(field: "public, max-age=31536000, immutable")
    /// Kept for a time, in whole seconds.
    public static func maxAge(_ age: Duration) -> CacheControl {
      CacheControl(field: "public, max-age=\(max(0, age.components.seconds))")
    }
  }
}
