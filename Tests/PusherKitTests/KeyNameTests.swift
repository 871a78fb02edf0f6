import Testing

@testable import PusherKit

@Suite("Which of a place's variables may hold access keys")
struct KeyNameTests {
    private static let id = "AKIAIOSFODNN7EXAMPLE"
    private static let other = "AKIAOTHEROTHEROTHER0"

    private func entries(_ names: String...) -> [[String]] { keyEntries(names.map { ListedName($0) }).map(\.names) }

    private func readable(_ name: String, _ value: String) -> ListedName { ListedName(name, value: SecretBytes(value)) }

    @Test("by names: pairs that differ in the word for the part alone")
    func pairs() {
        #expect(
            entries("AWS_SECRET_ACCESS_KEY", "AWS_ACCESS_KEY_ID") == [["AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"]])
        #expect(entries("DEPLOY_SECRET", "DEPLOY_KEY_ID", "OTHER") == [["DEPLOY_KEY_ID", "DEPLOY_SECRET"]])
        #expect(
            entries(
                "AWS_ACCESS_KEY_ID_PROD", "AWS_ACCESS_KEY_ID_DEV", "AWS_SECRET_ACCESS_KEY_DEV",
                "AWS_SECRET_ACCESS_KEY_PROD")
                == [
                    ["AWS_ACCESS_KEY_ID_PROD", "AWS_SECRET_ACCESS_KEY_PROD"],
                    ["AWS_ACCESS_KEY_ID_DEV", "AWS_SECRET_ACCESS_KEY_DEV"],
                ])
        #expect(entries("aws_key", "aws_secret") == [["aws_key", "aws_secret"]])
        #expect(entries("AWS_CREDENTIALS_FILE") == [["AWS_CREDENTIALS_FILE"]])
    }

    @Test("by names: what is of something else is none, and half a pair of AWS's is one")
    func halves() {
        #expect(entries("GPG_KEY_ID", "NPM_TOKEN", "STRIPE_SECRET", "KEY", "AWS_REGION", "").isEmpty)
        #expect(entries("AWS_SECRET_ACCESS_KEY") == [["AWS_SECRET_ACCESS_KEY"]])
        #expect(entries("AWS_ACCESS_KEY_ID") == [["AWS_ACCESS_KEY_ID"]])
    }

    @Test("by values: whatever they are called, and not what is called so and holds none")
    func values() {
        let found = keyEntries([
            readable("X", " \(Self.id)\n"), readable("AWS_ACCESS_KEY_ID", "none"), ListedName("AWS_SECRET_ACCESS_KEY"),
            readable("AKIA", "AKIAIOSFODNN7EXAMPLEX"),
        ])
        #expect(found.map(\.names) == [["X"], ["AWS_SECRET_ACCESS_KEY"]])
        #expect(found.map(\.accessKeyID) == [Self.id, nil] && found.allSatisfy { !$0.isFile })
    }

    @Test("each key of a file, with the profile that it is in")
    func files() {
        let file = "aws_access_key_id=\(Self.id)\n[profile ci]\naws_access_key_id = \(Self.other)\n"
        let found = keyEntries([readable("FILE", file)])
        #expect(found.map(\.accessKeyID) == [Self.id, Self.other] && found.map(\.profile) == ["default", "ci"])
        #expect(found.allSatisfy { $0.isFile && $0.names == ["FILE"] })
    }
}
