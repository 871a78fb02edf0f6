internal import HTTP

/// The ID that a service gives a request: its vendor finds the request by it.
enum RequestID {
    /// The header fields that vendors use: GitHub; Azure DevOps; AWS; Kubernetes' audit log; most others.
    private static let fields = [
        "x-github-request-id", "x-vss-e2eid", "activityid", "x-amzn-requestid", "audit-id", "x-request-id",
        "x-correlation-id",
    ]
    private static let longest = 128

    /// The ID in an answer; nil: there is none, or something that is not an ID.
    static func found(in response: HTTPResponse) -> String? {
        for name in fields {
            guard let value = response.headers.first(where: { $0.name == name })?.value, isOne(value) else { continue }
            return value
        }
        return nil
    }

    private static func isOne(_ text: String) -> Bool {
        (4...longest).contains(text.utf8.count)
            && text.utf8.allSatisfy { byte in
                switch byte {
                case 0x30...0x39, 0x41...0x5A, 0x61...0x7A: true
                default: "-._:/+=".utf8.contains(byte)
                }
            }
    }
}
