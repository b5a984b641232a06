import Halley

/// Every technique side by side on one channel, and the way to the other sites.
struct Gallery: Site {
  var mount: String { "/" }

  var routes: Routes {
    Files("gallery")
  }
}
