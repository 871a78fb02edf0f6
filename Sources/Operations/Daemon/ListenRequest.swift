internal import Configuration

/// Where a person wants the status page to be.
package struct ListenRequest: Sendable {
    /// `ADDRESS:PORT`; nil: as the configuration says.
    package var address: String?
    /// Whether it may be another address than this machine's own.
    package var anywhere: Bool

    package init(address: String?, anywhere: Bool) { (self.address, self.anywhere) = (address, anywhere) }

    /// The address of the command line, else that of the configuration; nil: none.
    ///
    /// - Throws: ``InvalidOption``.
    func address(_ configuration: Configuration) throws -> ListenAddress? {
        guard let text = address else { return configuration.listen }
        guard let address = ListenAddress(text) else {
            throw InvalidOption(message: "--listen must be \(ListenAddress.form)")
        }
        guard address.isLoopback || anywhere || configuration.listensAnywhere else {
            throw InvalidOption(
                message:
                    "--listen \(address) is not an address of this machine alone: \(ListenAddress.warning); --listen-anywhere says "
                    + "that this is meant")
        }
        return address
    }
}
