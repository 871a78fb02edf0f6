/// One thing that was looked at.
package struct Finding: Encodable, Sendable {
    package var subject: String
    package var status: ExitStatus
    package var detail: String
    /// What is worth a look, though it may be as it should.
    package var warning: String?

    init(_ subject: String, _ status: ExitStatus, _ detail: String) {
        self.subject = subject
        self.status = status
        self.detail = detail
    }

    package func encode(to encoder: any Encoder) throws {
        var container = encoder.container(keyedBy: CodingKeys.self)
        try container.encode(subject, forKey: .subject)
        try container.encode(status == .done, forKey: .ok)
        try container.encode(detail, forKey: .detail)
        try container.encode(warning, forKey: .warning)
    }

    private enum CodingKeys: CodingKey { case subject, ok, detail, warning }
}
