import Testing

@testable import PusherKit

@Suite("One value that holds a pair")
struct PairDocumentTests {
    private let json = PairDocument.json(accessKeyID: "id", secretAccessKey: "secret")
    private let file = PairDocument.credentialsFile(CredentialsFile(profile: "ci"))

    private func pair(_ id: String = "AKIANEW") -> KeyPair {
        KeyPair(accessKeyID: id, secretAccessKey: SecretBytes(#"s/"\e"#))
    }

    private func contents(_ document: PairDocument, _ old: String?) -> String? {
        document.contents(pair(), keeping: old.map { SecretBytes($0) })?.text
    }

    @Test("is written as a whole where there is nothing to keep")
    func fresh() {
        #expect(contents(json, nil) == #"{"id":"AKIANEW","secret":"s/\"\\e"}"#)
        #expect(contents(file, nil) == "[ci]\naws_access_key_id = AKIANEW\naws_secret_access_key = s/\"\\e\n")
    }

    @Test("keeps what else is there, in its order and with its values")
    func kept() {
        let old = #"{"z":[1,2.5,null,true],"id":"AKIAOLD","a":{"b":"ä/\n"},"big":9007199254740993}"#
        #expect(
            contents(json, old)
                == #"{"z":[1,2.5,null,true],"id":"AKIANEW","a":{"b":"ä/\n"},"big":9007199254740993,"secret":"s/\"\\e"}"#
        )
        #expect(contents(json, "{}") == #"{"id":"AKIANEW","secret":"s/\"\\e"}"#)
        #expect(contents(file, "[audit]\nregion = x\n")?.hasPrefix("[audit]\nregion = x\n[ci]\n") == true)
    }

    @Test("is not made where nothing could be kept", arguments: ["", "text", "[1]", "{", #"{"a":1,"a":2}"#, "\"x\""])
    func unkept(old: String) {
        #expect(contents(json, old) == nil && !json.canKeep(SecretBytes(old)))
    }

    @Test("of a file with the profile twice is not made")
    func twice() {
        #expect(contents(file, "[ci]\na = b\n[ci]\n") == nil && !file.canKeep(SecretBytes("[ci]\n[ci]\n")))
        #expect(file.canKeep(SecretBytes("[audit]\n")) && json.canKeep(SecretBytes("{}")))
    }

    @Test("shows its key ID, and whether both values are those of a pair")
    func reading() {
        for document in [json, file] {
            let value = document.contents(pair(), keeping: nil) ?? SecretBytes("")
            let own = document.holds(pair(), in: value)
            let another = document.holds(pair("AKIAOTHER"), in: value)
            let secret = document.holds(
                KeyPair(accessKeyID: "AKIANEW", secretAccessKey: SecretBytes("another")), in: value)
            #expect(document.keyID(in: value) == "AKIANEW" && own && !another && !secret)
        }
        for text in ["", "{}", #"{"id":1}"#, "plain"] { #expect(json.keyID(in: SecretBytes(text)) == nil) }
    }

    @Test("is what the target's shape says")
    func shapes() throws {
        func read(_ text: String) throws -> PairDocument { try PairDocument(fields: SecretBytes(text).json()) }
        let names = #""access-key-id":"id","secret-access-key":"secret""#
        guard case .json("id", "secret") = try read("{\(names)}") else { Issue.record("not json"); return }
        guard case .credentialsFile(let file) = try read(#"{"shape":"credentials-file"}"#) else {
            Issue.record("not a file")
            return
        }
        #expect(file.profile == "default")
        #expect(throws: JSONMismatch.self) { try read(#"{"shape":"pair"}"#) }
    }

    @Test("takes its requests for writes as the host does")
    func writes() {
        for (operation, isWrite) in [
            ("ssm:GetParameter", false), ("ssm:DescribeParameters", false), ("ssm:PutParameter", true),
            ("ssm:Getaway", true),
        ] { #expect(AWSRequest(operation, region: nil, JSONBody()).isWrite == isWrite, "\(operation)") }
    }
}
