@testable import Configuration
import Testing

@Suite("Several mistakes are reported at once")
struct SeveralMistakesTests {
    /// All that is wrong with a text, without the file's name.
    private func mistakes(_ text: String) -> [String] {
        do {
            _ = try Corrections.reading { corrections throws(ConfigurationError) in
                try Configuration(text: text, file: Sample.file, corrections).resolve(Plugins.all)
            }
        } catch {
            return error.description.split(separator: "\n").map { String($0.dropFirst(Sample.file.count + 1)) }
        }
        return []
    }

    private static let head = "version: 1\nstate: sqlite:state.db\nseal-key: { file: seal.key }\n"
    private static let pusher = "pushers:\n  travis: { plugin: travis-ci, token: { env: T } }\n"

    @Test("misspelled names, wrong durations and wrong regions, each with its line and the nearest name")
    func kinds() {
        let text =
            Self.head + Self.pusher + """
                sock: 1
                aws:
                  region: Frankfurt
                defaults:
                  rotate-evry: 4h
                  overlap: 1 hour
                  soak: soon
                users:
                  a:
                    rotate-evry: 4 h
                    aws: { region: London }
                    targets:
                      - { pusher: travis, repositry: acme/a }
                  b:
                    quiet: never
                    targets: []
                  c:
                    targets:
                      - { pusher: travs, repository: acme/c }
                  d:
                    targets:
                      - { pusher: travis, repository: acme/d, brunch: main }
                """
        #expect(
            mistakes(text)
                == [
                    "6: unknown field `sock`; known here: \(Self.topNames)",
                    "8: `aws.region` is `Frankfurt`, and must be the code of a region, such as eu-central-1",
                    "10: unknown field `rotate-evry` in `defaults`; did you mean `rotate-every`?",
                    "11: `defaults.overlap` must be a duration from one second up, such as 90s, 30m, 12h or 7d",
                    "12: `defaults.soak` must be a duration from one second up, such as 90s, 30m, 12h or 7d",
                    "15: unknown field `rotate-evry` in `users.a`; did you mean `rotate-every`?",
                    "15: `users.a.rotate-every` must be a duration from one second up, such as 90s, 30m, 12h or 7d",
                    "16: `users.a.aws.region` is `London`, and must be the code of a region, such as eu-central-1",
                    "18: unknown field `repositry` in `users.a.targets[0]`; did you mean `repository`?",
                    "20: `users.b.quiet` must be a duration from one second up, such as 90s, 30m, 12h or 7d",
                    "19: `users.b.targets` must be a list with at least one target: a key that is rotated and pushed nowhere would cut its users off",
                    "24: `users.c.targets[0].pusher` names `travs`, which is not among `pushers`; did you mean `travis`?",
                    "27: unknown field `brunch` in `users.d.targets[0]`; did you mean `branch`?",
                ].sorted { Int($0.prefix { $0 != ":" })! < Int($1.prefix { $0 != ":" })! })
    }

    private static let topNames = [
        "acknowledged", "aws", "ca-file", "defaults", "discover", "forget", "history", "include", "listen",
        "listen-anywhere", "notifications", "notify", "plugins", "pushers", "seal-key", "self-rotation", "state",
        "state-password", "users", "users-at-once", "version",
    ].map { "`\($0)`" }.joined(separator: ", ")

    @Test("what follows from another mistake only is not reported")
    func consequences() {
        let target = "    targets: [{ pusher: travis, repository: acme/a }]\n"
        // By the usual rotate-every, this max-age is too short.
        #expect(
            mistakes("\(Self.head)\(Self.pusher)users:\n  a:\n    rotate-every: x\n    max-age: 12h\n\(target)").count
                == 1)
        #expect(
            mistakes(
                "\(Self.head)\(Self.pusher)users:\n  a:\n    aws: { role-arn: x, external-id: y }\n\(target)"
            ).count == 1)
        // A misspelled name is not missing as well.
        #expect(mistakes("\(Self.head)\(Self.pusher)users:\n  a: { targts: [] }\n").count == 2)
        #expect(mistakes("\(Self.head)pushers: { travis: { plugn: travis-ci, token: { env: T } } }\n").count == 1)
    }

    @Test("all of one target's fields, and one for each value")
    func fields() {
        let target = "- { pusher: gitlab, project: a, masked: 1, environment-scope: '' }"
        let found = mistakes(Sample.small(targets: [String(target.dropFirst(4).dropLast(2))]))
        #expect(found.count == 3 && found.allSatisfy { $0.hasPrefix("11: `users.bot.targets[0].") }, "\(found)")
    }

    @Test("the search ends after twenty, and where nothing can be passed over")
    func bounds() {
        let users = (1...40).map { "  u\($0): { quiet: x, targets: [{ pusher: travis, repository: a/u\($0) }] }\n" }
        #expect(mistakes(Self.head + Self.pusher + "users:\n" + users.joined()).count == 20)
        #expect(mistakes("version: 2\nsoak: x\n").count == 1)
        #expect(mistakes("version: [\n").count == 1)
        #expect(mistakes(Sample.full) == [])
    }
}
