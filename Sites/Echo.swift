import Halley

/// Sends back what it is sent: text and binary, compressed if the client offers it, up to 16 MiB in 65,536 fragments.
struct Echo: Site {
  var routes: Routes {
    Files("echo")
    Route("/").websocket(maxMessage: .mebibytes(16), maxFragments: 65_536, deflate: true) { socket in
      for try await message in socket { try await socket.send(message) }
    }
  }
}
