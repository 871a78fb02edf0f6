import Engine
import JSON
import Journal
@testable import Operations
import PusherHost
import Rotation
import Secrets
import Testing

@Suite("Which place gave a job its key")
struct ProofPlacesTests {
    private let seal = Seal(key: Secret.text(String(repeating: "k", count: 32)))
    private let now = Timestamp(milliseconds: 1_764_400_000_000)

    private func proof(
        _ system: ProofSystem, _ path: String, _ part: String = "", server: String = "https://x.example"
    ) throws -> ProofLine {
        func hex(_ text: String) -> String {
            text.isEmpty ? "-" : text.utf8.map { ($0 < 16 ? "0" : "") + String($0, radix: 16) }.joined()
        }
        let words =
            "/1 \(system.rawValue) server=\(hex(server)) path=\(hex(path)) part=\(hex(part)) names=A_ID,A_SECRET "
            + "key=\(ProofLine.grouped(ProofTests.id)) result=used at=\(Moment.text(now)) nonce=0"
        return try #require(try ProofLine.read("\(words) hash=\(SHA256.hex(of: "keyturn-proof\(words)"))"))
    }

    private func place(
        _ name: String, _ fields: [String: String], key: String? = nil, names: [String] = ["A_ID", "A_SECRET"],
        audience: String = "actions"
    ) -> FoundPlace {
        var place = FoundPlace(place: name, fields: fields, keyID: key)
        (place.names, place.audience) = (names, audience)
        return place
    }

    private func listing(
        _ plugin: String, _ places: [FoundPlace], gaps: [FoundGap] = [], url: String = "https://X.example/"
    ) -> ProofPlaces {
        var walk = FindWalk.Result()
        walk.scopes = [(pusher: "p", name: "acme", parent: nil)]
        walk.places = places.map { (scope: 0, place: $0) }
        walk.gaps = gaps.map { (pusher: "p", gap: $0) }
        return ProofPlaces(walk, [(name: "p", plugin: plugin, url: url)])
    }

    private func isRefused(_ answer: ProofPlaces.Answer, _ words: String) -> Bool {
        if case .none(let reason) = answer { reason.contains(words) } else { false }
    }

    @Test("GitHub: the environment, else the repository, else the organization; names of secrets have no case")
    func github() throws {
        let places = [
            place("org", ["organization": "Acme"]), place("app", ["repository": "acme/App"], names: ["a_id"]),
            place("prod", ["repository": "acme/app", "environment": "prod"]),
            place("dependabot", ["repository": "acme/app"], audience: "dependabot"),
        ]
        let all = listing("github-actions", places)
        let (app, web) = (try proof(.github, "acme/app"), try proof(.github, "acme/web", "prod"))
        #expect(all.answer(to: app, key: ProofTests.id) == .places([1]))
        #expect(all.answer(to: try proof(.github, "acme/app", "Prod"), key: nil) == .places([2]))
        #expect(all.answer(to: try proof(.github, "acme/app", "staging"), key: nil) == .places([1]))
        #expect(all.answer(to: web, key: nil) == .places([0]))
        #expect(
            isRefused(all.answer(to: try proof(.github, "other/app"), key: nil), "Name its scope, such as p:other/app"))
        let other = try proof(.github, "acme/app", server: "https://github.example.com/api/v3")
        #expect(isRefused(all.answer(to: other, key: nil), "no pusher of github-actions has this `endpoint`"))
        #expect(isRefused(listing("gitlab-ci", places).answer(to: app, key: nil), "no pusher of github-actions"))
    }

    @Test("a part that was not seen could win: then none is it, unless it is the nearest anyway")
    func gaps() throws {
        let gap = FoundGap(.unauthorized, part: "environments of acme/App", message: "")
        let all = listing(
            "github-actions", [place("org", ["organization": "acme"]), place("app", ["repository": "acme/app"])],
            gaps: [gap])
        #expect(isRefused(all.answer(to: try proof(.github, "acme/app", "prod"), key: nil), "environments of acme/App"))
        #expect(all.answer(to: try proof(.github, "acme/app"), key: nil) == .places([1]))
        #expect(all.answer(to: try proof(.github, "acme/web", "prod"), key: nil) == .places([0]))
    }

    @Test("GitLab: the project, else the nearest group, else the instance, in each the most exact scope")
    func gitlab() throws {
        let all = listing(
            "gitlab-ci",
            [
                place("instance", ["instance": "true"]), place("a", ["group": "a", "environment-scope": "*"]),
                place("a/b", ["group": "a/b", "environment-scope": "*"]),
                place("x", ["project": "a/b/x", "environment-scope": "*"]),
                place("x review", ["project": "a/b/x", "environment-scope": "review/*"]),
                place("x exact", ["project": "a/b/x", "environment-scope": "review/1"]),
            ])
        for (path, part, index) in [
            ("a/b/x", "", 3), ("a/b/x", "prod", 3), ("a/b/x", "review/7", 4), ("a/b/x", "review/1", 5),
            ("a/b/y", "", 2),
            ("a/bb/y", "", 1), ("c/y", "", 0),
        ] { #expect(all.answer(to: try proof(.gitlab, path, part), key: nil) == .places([index]), "\(path) \(part)") }
        for (name, scope, fits) in [
            ("review/1", "review/*", true), ("a", "*", true), ("ab", "a*b*", true), ("aa", "a*a", true),
            ("a", "a*a", false), ("axbyc", "a*b*c", true), ("acb", "a*b*c", false), ("x", "y", false),
        ] { #expect(ProofReach.matches(name, scope) == fits, "\(name) \(scope)") }
    }

    @Test("Travis CI: a branch's own, else those of all branches; its jobs know no URL")
    func travis() throws {
        let all = listing(
            "travis-ci",
            [
                place("app", ["repository": "acme/app"]),
                place("app main", ["repository": "acme/app", "branch": "main"]),
            ])
        #expect(all.answer(to: try proof(.travis, "acme/app", "main", server: ""), key: nil) == .places([1]))
        #expect(all.answer(to: try proof(.travis, "Acme/App", "dev", server: ""), key: nil) == .places([0]))
    }

    @Test("a place that shows its key is believed: the same key is it, another one is a contradiction")
    func shown() throws {
        let project = ["project": "a/x", "environment-scope": "*"]
        let (group, job) = (["group": "a", "environment-scope": "*"], try proof(.gitlab, "a/x"))
        let same = listing("gitlab-ci", [place("x", project), place("a", group, key: ProofTests.id)])
        #expect(same.answer(to: job, key: ProofTests.id) == .places([1]))
        let other = listing("gitlab-ci", [place("x", project, key: "AKIAOTHEROTHEROTHER1"), place("a", group)])
        #expect(isRefused(other.answer(to: job, key: ProofTests.id), "p:x shows AKIAOTHEROTHEROTHER1"))
    }

    private func settled(_ key: String, _ keys: KeyLookup.Result) throws -> ProvenPlaces {
        let nonce = ProofNonce(for: .github, at: now, seal).text
        func words(_ shown: String) -> String {
            "/1 github server=\("https://x.example".utf8.map { String($0, radix: 16) }.joined()) path=612f78 part=- "
                + "names=A_ID,A_SECRET key=\(shown) result=used at=\(Moment.text(now)) nonce=\(nonce)"
        }
        let sum = SHA256.hex(of: "keyturn-proof" + words(ProofLine.grouped(ProofTests.id)))
        var logs = try ProofLogs([], seal, at: now)
        logs.take("\(words(key)) hash=\(sum)", "log", 7)
        var proven = ProvenPlaces(logs, listing("github-actions", [place("x", ["repository": "a/x"])]), keys)
        proven.settle()
        return proven
    }

    @Test("a masked key ID is looked for among the keys that IAM lists")
    func unmasked() throws {
        var keys = KeyLookup.Result()
        #expect(try settled("***", keys).unproved.first?.detail.contains("the CI system masked the key ID") == true)
        keys.keys[ProofTests.id] = KeyFacts(standing: .key(.active), user: "bot")
        let proven = try settled("***", keys)
        let place = try #require(proven.places[0])
        #expect(proven.keyID(of: place) == ProofTests.id && place.evidence == .used && proven.unproved.isEmpty)
    }

    @Test("a key that no account has is listed, and said to be another account's")
    func stranger() throws {
        var keys = KeyLookup.Result()
        for standing in [KeyFacts.Standing.gone, .foreign] {
            keys.keys[ProofTests.id] = KeyFacts(standing: standing)
            let proven = try settled(ProofLine.grouped(ProofTests.id), keys)
            #expect(
                proven.places.count == 1 && proven.unproved.first?.detail.contains("a key of another account") == true)
            #expect(proven.unproved.first?.line == 7 && proven.unproved.first?.detail.contains("github:a/x") == true)
        }
    }

    @Test(
        "what would become part of a shell's text or of YAML is refused",
        arguments: [
            ["A", "A"], ["A"], ["A", "B", "C"], ["A;id", "B"], ["$(id)", "B"], ["1A", "B"], ["", "B"], ["A\nB", "C"],
        ])
    func names(_ names: [String]) {
        var request = ProofJob.Request(.gitlab)
        request.names = names
        #expect(request.mistake?.contains("--proof-names") == true)
    }

    @Test("environments are names, and Travis CI has none")
    func environments() {
        var request = ProofJob.Request(.github)
        #expect(request.mistake == nil)
        for name in ["", "${{ secrets.X }}", "$X", "a\nb", String(repeating: "x", count: 256)] {
            request.environment = name
            #expect(request.mistake?.contains("--proof-environment") == true)
        }
        request.environment = "Prod \"é\" #1: x"
        #expect(request.mistake == nil)
        request.system = .travis
        #expect(request.mistake?.contains("on the branch") == true)
    }
}
