import Configuration
import Foundation
import JSON
@testable import Operations
import Rotation
import Testing

@Suite("What init, policy and config schema write")
struct NewConfigurationTests {
    private func temporary() throws -> String {
        let path = NSTemporaryDirectory() + "/keyturn-\(UUID().uuidString)"
        try FileManager.default.createDirectory(atPath: path, withIntermediateDirectories: true)
        return path
    }

    @Test("three files, the seal key for its owner alone, and a configuration that loads", arguments: [true, false])
    func files(isFilledIn: Bool) async throws {
        let path = try temporary()
        defer { try? FileManager.default.removeItem(atPath: path) }
        let new = try NewConfiguration(file: path + "/keyturn.yaml")
        var choice = NewConfiguration.Choice(users: isFilledIn ? ["bot"] : [], region: "eu-central-1", endpoint: nil)
        let gitlab = try CISystem.named("gitlab", Directory.installation)
        if isFilledIn { choice.target = try FirstTarget(system: gitlab, place: "acme/app") }
        try new.write(choice, CISystem.all(Directory.installation))
        let mode = try FileManager.default.attributesOfItem(atPath: new.sealKey)[.posixPermissions] as? Int
        #expect(mode == 0o600)
        let context = OperationContext(
            file: new.file, environment: [:], log: EventLog { _, _ in }, command: "test", version: "0",
            installation: Directory.installation)
        let loaded = try LoadedConfiguration(context)
        #expect(loaded.users.map(\.name) == (isFilledIn ? ["bot"] : []))
        #expect(loaded.users.flatMap { $0.targets.map(\.name.rawValue) } == (isFilledIn ? ["gitlab:acme/app"] : []))
        _ = try await loaded.readSealKeys()
        // Whoever has chosen a system needs no examples of the others.
        let text = try String(contentsOfFile: new.file, encoding: .utf8)
        #expect(text.contains("# travis: { plugin:") == !isFilledIn && text.contains("plugin: gitlab-ci"))
        let policy = try String(contentsOfFile: new.policy, encoding: .utf8)
        #expect(policy.contains("arn:aws:iam::*:user/\(isFilledIn ? "bot" : "cicd-bot")"))
    }

    @Test("a system is one that a plugin describes, and a place one that its target can have")
    func systems() throws {
        #expect(CISystem.all(Directory.installation).map(\.name).contains("travis"))
        let travis = try CISystem.named("travis", Directory.installation)
        #expect(travis.title == "Travis CI" && travis.token == "TRAVIS_TOKEN" && travis.field == "repository")
        #expect(travis.pusherLine == "travis: { plugin: travis-ci, token: { env: TRAVIS_TOKEN } }")
        #expect(travis.targetLine("acme/site") == "- { pusher: travis, repository: acme/site }")
        for place in ["acme", "acme/a b", "acme/\"x\"", "acme/x: y", "", "#/x", "acme/x\n"] {
            #expect(throws: InvalidOption.self, "\(place)") { try FirstTarget(system: travis, place: place) }
        }
        let error = #expect(throws: InvalidOption.self) { try CISystem.named("travs", Directory.installation) }
        #expect(error?.message.hasPrefix("--ci travs: did you mean `travis`? --ci takes ") == true)
        #expect(try CISystem.named("travis-ci", Directory.installation).name == "travis")
        let exec = try CISystem.named("exec", Directory.installation)
        #expect(exec.noun == "program" && exec.exampleProgram == "/usr/local/bin/push-key" && exec.token == nil)
        #expect(exec.pusherLine == "exec: { plugin: exec, program: [/usr/local/bin/push-key] }")
        #expect(
            try FirstTarget(system: exec, place: "acme/app").pin == "keyturn plugin pin exec --grant programs")
        let ssm = try CISystem.named("aws-ssm", Directory.installation)
        let role = "arn:aws:iam::123456789012:role/keyturn-ssm"
        #expect(ssm.name == "ssm" && ssm.exampleRole == role && ssm.exampleProgram == nil)
        #expect(ssm.pusherLine == "ssm: { plugin: aws-ssm, aws: { role-arn: \"\(role)\" } }")
        #expect(ssm.targetLine("/ci/app") == "- { pusher: ssm, parameter: /ci/app }")
        let manager = try CISystem.named("secrets-manager", Directory.installation)
        #expect(manager.targetLine("ci/app") == "- { pusher: secrets-manager, secret: ci/app }")
        #expect(try FirstTarget(system: manager, place: "ci/app").pin == nil && travis.exampleRole == nil)
        let file = try CISystem.named("file", Directory.installation)
        let target = try FirstTarget(system: file, place: "/srv/ci/.aws/credentials")
        #expect(file.token == nil && file.pusherLine == "file: { plugin: file }")
        #expect(file.targetLine(target.place) == "- { pusher: file, path: /srv/ci/.aws/credentials }")
        #expect(target.pin == "keyturn plugin pin file --grant files --folder /srv/ci/.aws")
        #expect(throws: InvalidOption.self) { try FirstTarget(system: file, place: "credentials") }
        #expect(try FirstTarget(system: travis, place: "acme/app").pin == nil)
        #expect(travis.exampleEndpoint == nil)
        #expect(try CISystem.named("jenkins", Directory.installation).exampleEndpoint == "https://jenkins.example.com")
        let other = #expect(throws: InvalidOption.self) { try CISystem.named("bamboo-server", Directory.installation) }
        #expect(other?.message.contains("github, gitlab, ") == true)
    }

    @Test("nothing that is there is overwritten", arguments: ["keyturn.yaml", "seal.key", "keyturn-policy.json"])
    func existing(_ name: String) throws {
        let path = try temporary()
        defer { try? FileManager.default.removeItem(atPath: path) }
        #expect(FileManager.default.createFile(atPath: "\(path)/\(name)", contents: Data("mine".utf8)))
        let failure = #expect(throws: OperationFailure.self) { try NewConfiguration(file: path + "/keyturn.yaml") }
        let next =
            name == "keyturn.yaml"
            ? "Edit \(path)/\(name) and run `keyturn check --config \(path)/keyturn.yaml`"
            : "Move \(path)/\(name) away if nothing uses it"
        #expect(
            failure?.message
                == "\(path)/\(name) exists already; nothing was written. \(next), or name another directory: "
                + "`mkdir \(path)/new && keyturn init --config \(path)/new/keyturn.yaml`")
        #expect(try FileManager.default.contentsOfDirectory(atPath: path) == [name])
        let none = #expect(throws: OperationFailure.self) { try NewConfiguration(file: path + "/none/keyturn.yaml") }
        #expect(none?.message.hasSuffix("nothing was written. `mkdir -p \(path)/none` makes it") == true)
    }

    @Test("all files in the way are named at once")
    func allExisting() throws {
        let path = try temporary()
        defer { try? FileManager.default.removeItem(atPath: path) }
        for name in ["keyturn.yaml", "seal.key"] {
            #expect(FileManager.default.createFile(atPath: "\(path)/\(name)", contents: Data()))
        }
        let failure = #expect(throws: OperationFailure.self) { try NewConfiguration(file: path + "/keyturn.yaml") }
        #expect(
            failure?.message.hasPrefix(
                "\(path)/keyturn.yaml, \(path)/seal.key exist already; nothing was written. Edit ")
                == true)
    }

    @Test("what is found is pushed to the system that was chosen, at places that it can have")
    func discoverTemplates() throws {
        let systems = CISystem.all(Directory.installation)
        #expect(systems.count > 10)
        for system in systems {
            let line = system.templateLine(system.place)
            #expect(line.hasPrefix("- { pusher: \(system.name), ") && line.contains("{user}"), "\(line)")
            let template = ConfigurationTemplate(
                users: ["bot"], region: "us-east-1", target: try FirstTarget(system: system, place: system.place),
                systems: systems)
            #expect(template.text.contains("#     \(line)   # also"))
        }
        let gitlab = try CISystem.named("gitlab", Directory.installation)
        #expect(gitlab.templateLine("acme/ci/app") == "- { pusher: gitlab, project: \"acme/ci/{user}\" }")
        let none = ConfigurationTemplate(users: [], region: "us-east-1", systems: systems)
        #expect(none.text.contains("#     - { pusher: github, repository: \"acme/{user}\" }"))
    }

    @Test("a region has the form of one, and is that of AWS's own tools where none is given")
    func regions() {
        typealias Choice = NewConfiguration.Choice
        for region in ["us-east-1", "eu-central-2", "us-gov-west-1", "cn-north-1", "us-isob-east-1", "eusc-de-east-1"] {
            #expect(Choice.refusal(ofRegion: region) == nil)
        }
        for region in ["github", "us-east", "US-EAST-1", "", "us-east-1a", "eu_central_1", "us--1"] {
            #expect(Choice.refusal(ofRegion: region)?.hasSuffix(" it has the form of us-east-1") == true)
        }
        let none = ["HOME": "/nonexistent"]
        #expect(Choice.usualRegion(none) == "us-east-1")
        #expect(Choice.usualRegion(none.merging(["AWS_DEFAULT_REGION": "eu-west-1"]) { $1 }) == "eu-west-1")
        let both = ["AWS_DEFAULT_REGION": "eu-west-1", "AWS_REGION": "eu-west-3"]
        #expect(Choice.usualRegion(none.merging(both) { $1 }) == "eu-west-3")
    }

    @Test("a policy names the users, in the partition of their region, and nothing else")
    func policy() throws {
        let china = "aws: { region: cn-north-1 }"
        let directory = try Directory(Directory.configuration("aws: { region: us-east-1 }", china))
        let policy = try JSONValue(parsing: try PolicyDocument(directory.context).text())
        guard case .array(let statements)? = policy["Statement"], let statement = statements.first else {
            Issue.record("there is no statement")
            return
        }
        // Whoever is asked why an old key is still used may look that up, by a statement of its own.
        #expect(statements.dropFirst().map { $0["Sid"]?.string } == ["KeyturnReadsUses"])
        #expect(statements.last?["Action"]?.strings == ["cloudtrail:LookupEvents"])
        #expect(
            statement["Resource"]?.strings == ["arn:aws-cn:iam::*:user/*/cicd-bot", "arn:aws-cn:iam::*:user/cicd-bot"])
        #expect(statement["Action"]?.strings?.allSatisfy { $0.hasPrefix("iam:") } == true)
    }

    @Test("a policy for no one is a mistake")
    func emptyPolicy() async throws {
        let directory = try Directory("version: 1\nstate: sqlite:state/x.db\nseal-key: { file: seal.key }\n")
        await expectFailure(.configuration, "fill in `users`", of: directory) { _ = try PolicyDocument($0) }
    }

    @Test("a person may listen elsewhere only if that is said")
    func listening() throws {
        let directory = try Directory()
        let loaded = try LoadedConfiguration(directory.context)
        func address(_ text: String?, anywhere: Bool = false) throws -> String? {
            try ListenRequest(address: text, anywhere: anywhere).address(loaded.configuration)?.description
        }
        #expect(try address(nil) == nil)
        #expect(try address("127.0.0.1:0") == "127.0.0.1:0")
        #expect(try address("0.0.0.0:80", anywhere: true) == "0.0.0.0:80")
        #expect(throws: InvalidOption.self) { try address("0.0.0.0:80") }
        #expect(throws: InvalidOption.self) { try address("here") }
    }

    @Test("names for shells that complete them: none where there is no configuration")
    func names() async throws {
        let directory = try Directory()
        #expect(ConfiguredNames.users(directory.context) == ["cicd-bot"])
        #expect(await ConfiguredNames.targets(directory.context).sorted() == Directory.targets)
        var context = directory.context
        context.file = directory.path + "/none.yaml"
        #expect(ConfiguredNames.users(context).isEmpty)
        #expect(await ConfiguredNames.targets(context).isEmpty)
    }
}
