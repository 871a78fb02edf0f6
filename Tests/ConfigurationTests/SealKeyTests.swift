@testable import Configuration
import Testing

extension SealKeySource {
    var words: String {
        switch self {
        case .kept(let reference):
            if case .file(let path) = reference.source { "file \(path)" } else { "other" }
        case .kms(let key): "kms \(key.key) \(key.sealed ?? "in the state")"
        }
    }
}

@Suite("Seal keys of the configuration")
struct SealKeyTests {
    private static let arn = "arn:aws:kms:eu-west-1:123456789012:key/1234abcd"

    private func read(_ value: String) throws(ConfigurationError) -> [String] {
        try Configuration(
            text: Sample.full.replacing("{ file: /etc/keyturn/seal.key }", with: value), file: Sample.file
        ).sealKeys.map(\.words)
    }

    @Test("are one or a list, each kept like a secret or sealed by KMS")
    func forms() throws {
        #expect(try read("{ kms: { key: '\(Self.arn)', sealed: 'AAEC Aw==' } }") == ["kms \(Self.arn) AAECAw=="])
        #expect(
            try read("[{ file: /a }, { kms: { key: '\(Self.arn)', sealed: AAECAw== } }]")
                == ["file /a", "kms \(Self.arn) AAECAw=="])
        #expect(try read("{ kms: { key: '\(Self.arn)' } }") == ["kms \(Self.arn) in the state"])
        #expect(try read("{ kms: { key: alias/ci/keyturn_1 } }") == ["kms alias/ci/keyturn_1 in the state"])
        // One that was made before next to one that the state keeps.
        #expect(
            try read("[{ kms: { key: '\(Self.arn)', sealed: AAECAw== } }, { kms: { key: '\(Self.arn)' } }]")
                == ["kms \(Self.arn) AAECAw==", "kms \(Self.arn) in the state"])
    }

    @Test(
        "that cannot be meant are refused with their line",
        arguments: [
            ("[]", "`seal-key` must have one to 8 keys"),
            ("[abc]", "`seal-key[0]` is a secret, and a secret is never written here"),
            ("{ kms: { sealed: AAECAw== } }", "`seal-key.kms.key` is missing"),
            ("{ kms: { key: alias/x, sealed: AAECAw== } }", "`seal-key.kms.key` must have the form arn:aws:kms:"),
            ("{ kms: { key: alias/aws/ssm } }", "`seal-key.kms.key` must have the form arn:aws:kms:"),
            ("{ kms: { key: alias/ } }", "`seal-key.kms.key` must have the form arn:aws:kms:"),
            ("{ kms: { key: alias/a*b } }", "`seal-key.kms.key` must have the form arn:aws:kms:"),
            (
                "[{ kms: { key: '\(arn)' } }, { kms: { key: '\(arn)' } }]",
                "`seal-key[1].kms`: the state keeps one seal key of each KMS key"
            ),
            ("{ kms: { key: '\(arn)', sealed: '***' } }", "`seal-key.kms.sealed` must be base64"),
            ("{ kms: { key: '\(arn)', sealed: AAECAw==, region: x } }", "unknown field `region`"),
            ("{ kms: { key: '\(arn)', sealed: AAECAw== }, file: /a }", "unknown field `file`"),
        ])
    func mistakes(value: String, told: String) {
        let error = #expect(throws: ConfigurationError.self) { try read(value) }
        #expect(error?.line == 3 && error?.message.hasPrefix(told) == true, "\(error?.message ?? "")")
    }
}
