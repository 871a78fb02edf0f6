internal import ArgumentParser
internal import Operations

/// Where `run` shows how things stand.
struct ListenOptions: ParsableArguments {
    @Option(
        help: ArgumentHelp(
            """
            Show how things stand on http://ADDRESS/: a page for people at /, and /metrics (Prometheus), /healthz, /readyz and \
            /status.json. Looking only. Off by default; an address of this machine, such as 127.0.0.1:9464 or [::1]:9464.
            """, valueName: "address:port"))
    var listen: String?

    @Flag(
        help: """
            Let --listen take another address than this machine's own: without encryption and without a password, everyone who \
            reaches it reads which users, key IDs and targets there are, and the state of each.
            """)
    var listenAnywhere = false

    var request: ListenRequest { ListenRequest(address: listen, anywhere: listenAnywhere) }
}
