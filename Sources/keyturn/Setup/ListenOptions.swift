internal import ArgumentParser
internal import Configuration

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
            Let --listen take another address than this machine's own: without encryption and without a password, everybody who \
            reaches it reads which users, key IDs and targets there are, and where each stands.
            """)
    var listenAnywhere = false

    /// The address of the command line, else that of the configuration; nil: none.
    func address(_ configuration: Configuration) throws -> ListenAddress? {
        guard let listen else { return configuration.listen }
        guard let address = ListenAddress(listen) else {
            throw ValidationError("--listen must be \(ListenAddress.form)")
        }
        guard address.isLoopback || listenAnywhere || configuration.listensAnywhere else {
            throw ValidationError(
                "--listen \(address) is not an address of this machine alone: \(ListenAddress.warning); --listen-anywhere says "
                    + "that this is meant")
        }
        return address
    }
}
