/// One request for the host to sign and send to AWS. What it holds is wiped with it.
public struct AWSRequest: Sendable {
    /// As the manifest lists it: "ssm:PutParameter".
    let operation: String
    let region: String
    let body: SecretBytes
    /// The longest time to wait for the answer; nil for the host's own limit. The call's deadline always holds.
    public var timeout: Duration?

    /// Makes a request.
    ///
    /// - Parameters:
    ///   - operation: as the manifest lists it under `aws`: "ssm:PutParameter".
    ///   - region: "eu-west-1"; nil for the one of the pusher's configuration.
    ///   - body: what AWS's documentation calls the request syntax.
    public init(_ operation: String, region: String?, _ body: consuming JSONBody) {
        self.operation = operation
        self.region = region ?? ""
        self.body = body.bytes()
    }

    /// Whether it may change something: as the host sees it, by the operation's name.
    var isWrite: Bool {
        let name = operation.split(separator: ":").last.map(String.init) ?? ""
        return !["Get", "Describe", "List", "BatchGet"].contains { verb in
            guard name.hasPrefix(verb) else { return false }
            return name.utf8.dropFirst(verb.utf8.count).first.map { (0x41...0x5A).contains($0) } ?? true
        }
    }
}
