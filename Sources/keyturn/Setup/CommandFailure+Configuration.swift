internal import Configuration

extension CommandFailure {
    /// A configuration that cannot be used, or that others could change.
    init(_ error: ConfigurationError) {
        self.init(error.isUntrusted ? .notAllowed : .configuration, error.description)
    }
}
