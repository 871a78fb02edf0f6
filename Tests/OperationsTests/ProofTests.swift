import Engine
import JSON
import Journal
@testable import Operations
import PusherHost
import Rotation
import Secrets
import Testing

@Suite("Proofs in logs of CI systems")
struct ProofTests {
    static let id = "AKIAIOSFODNN7EXAMPLE"
    private let seal = Seal(key: Secret.text(String(repeating: "k", count: 32)))
    private let now = Timestamp(milliseconds: 1_764_400_000_000)

    /// A line as the job's script prints it.
    private func line(
        _ system: ProofSystem = .github, path: String = "acme/app", part: String = "", key: String = ProofTests.id,
        shown: String? = nil, result: String = "used", at: Timestamp? = nil, nonce: String? = nil,
        server: String = "https://api.github.com"
    ) -> String {
        func hex(_ text: String) -> String {
            text.isEmpty ? "-" : text.utf8.map { ($0 < 16 ? "0" : "") + String($0, radix: 16) }.joined()
        }
        let nonce = nonce ?? ProofNonce(for: system, at: now, seal).text
        func words(_ key: String) -> String {
            "keyturn-proof/1 \(system.rawValue) server=\(hex(server)) path=\(hex(path)) part=\(hex(part)) names=A_ID,A_SECRET "
                + "key=\(key) result=\(result) at=\(Moment.text(at ?? now)) "
                + "nonce=\(nonce)"
        }
        let grouped = key.isEmpty ? "-" : ProofLine.grouped(key)
        return words(shown ?? grouped) + " hash=\(SHA256.hex(of: words(grouped)))"
    }

    private func logs(_ texts: [String], at time: Timestamp? = nil) throws -> ProofLogs {
        var logs = try ProofLogs([], seal, at: time ?? now)
        var scanner = ProofScanner()
        Array(texts.joined(separator: "\n").utf8).withUnsafeBytes { bytes in
            scanner.scan(bytes) { logs.take($1, "log", $0) }
        }
        scanner.finish { logs.take($1, "log", $0) }
        return logs
    }

    @Test(
        "a line is read wherever a log is cut into pieces, and whatever the CI system puts around it",
        arguments: [1, 5, 13, 64, 1 << 20])
    func pieces(size: Int) throws {
        let proofs = (0..<6).map { line(path: "acme/app\($0)", part: "né \($0)") }
        let text = [
            "Run keyturn_proof() (\n  word=keyturn-proof nonce=1", "2026-11-29T10:00:00.1234567Z \(proofs[0])",
            "2026-11-29T10:00:00.123456Z 01O \u{1B}[0;33m\(proofs[1])\u{1B}[0m\r",
            "keyturn-proof\tUNKNOWN STEP\t\u{FEFF}2026-11-29T10:00:00Z \(proofs[2])",
            "section_start:1764400000:step\r\u{1B}[0Kkeyturn-\u{1B}[1mproof \(proofs[3])", "+ echo '\(proofs[4])'",
            String(repeating: "x", count: 9_000), proofs[5],
        ].joined(separator: "\n")
        var logs = try ProofLogs([], seal, at: now)
        var scanner = ProofScanner()
        let bytes = Array(text.utf8)
        for start in stride(from: 0, to: bytes.count, by: size) {
            bytes[start..<min(start + size, bytes.count)].withUnsafeBytes { piece in
                scanner.scan(piece) { logs.take($1, "log", $0) }
            }
        }
        scanner.finish { logs.take($1, "log", $0) }
        #expect(logs.entries.map(\.proof.path) == (0..<6).map { "acme/app\($0)" } && logs.unproved.isEmpty)
        #expect(logs.entries.map(\.line) == [3, 4, 5, 6, 7, 9])
        let second = logs.entries.dropFirst().first?.proof
        #expect(second?.part == "né 1" && second?.key == .id(Self.id))
    }

    @Test("a line in which any character was changed, or that was cut anywhere, proves nothing")
    func changed() throws {
        let whole = line(part: "prod")
        let letters = Array(whole)
        for index in letters.indices {
            var other = letters
            other[index] = letters[index] == "0" ? "1" : "0"
            #expect(try logs([String(other)]).entries.isEmpty, "\(index)")
            #expect(try logs([String(letters[..<index])]).entries.isEmpty, "\(index)")
        }
        #expect(try logs([whole]).entries.count == 1)
        #expect(
            try logs([whole.replacing("result=used", with: "result=present")]).unproved.first?.detail.contains("hash")
                == true)
        #expect(try logs([String(whole.dropLast(9))]).unproved.first?.detail.contains("was cut or changed") == true)
    }

    @Test("a masked key ID is known again by the hash; another masked part is named")
    func masked() throws {
        for mask in ["***", "AKIA-***-NN7E-XAMP-LE", "[MASKED]", "[secure]"] {
            let proof = try #require(try logs([line(shown: mask)]).entries.first?.proof)
            #expect(proof.key == .masked && proof.accepts(Self.id) && !proof.accepts("AKIAIOSFODNN7EXAMPLF"))
        }
        let text = line()
        let refused = try logs([text.replacing(#/path=[0-9a-f]{6}/#, with: "path=***")])
        #expect(refused.entries.isEmpty && refused.unproved.first?.detail.contains("masked `path`") == true)
    }

    @Test("only a job that these seal keys printed, for this system, in the last 7 days")
    func nonces() throws {
        let other = Seal(key: Secret.text(String(repeating: "o", count: 32)))
        let foreign = ProofNonce(for: .github, at: now, other).text
        for nonce in [foreign, ProofNonce(for: .gitlab, at: now, seal).text, "0-0", "abc"] {
            let refused = try logs([line(nonce: nonce)])
            #expect(
                refused.entries.isEmpty
                    && refused.unproved.first?.detail.contains("this configuration's seal key") == true)
        }
        // While one seal key is replaced by another, both count.
        let both = Seal(
            keys: [seal, other].enumerated().map {
                Secret.text(String(repeating: $0.offset == 0 ? "n" : "o", count: 32))
            })
        #expect(ProofNonce(foreign, for: .github, both)?.issued == now)
        let week: Duration = .seconds(7 * 86_400)
        #expect(try logs([line()], at: now + week).entries.count == 1)
        let late = try logs([line()], at: now + week + .seconds(1))
        #expect(late.entries.isEmpty && late.unproved.first?.detail.contains("more than 7d ago") == true)
        #expect(ProofNonce(for: .github, at: now, seal) != ProofNonce(for: .github, at: now, seal))
    }

    @Test("a job ran between the printing of it and now, but for clocks that differ a little")
    func times() throws {
        let later = now + .seconds(3_600)
        for (at, isFine) in [(-301, false), (-299, true), (3_899, true), (3_901, false)] {
            let read = try logs([line(at: now + .seconds(at))], at: later)
            #expect(read.entries.isEmpty != isFine, "\(at)")
            #expect(isFine || read.unproved.first?.detail.contains("Correct the runner's clock") == true)
        }
    }

    @Test("what an attacker puts into a log has bounds, and nothing of it reaches the terminal")
    func hostile() throws {
        let long = String(repeating: "keyturn-proof/1 github ", count: 100_000)
        #expect(try logs([long, line()]).entries.count == 1)
        // Of a line without end only the beginning is looked at.
        #expect(try logs([String(repeating: "x", count: 70_000) + line()]).entries.isEmpty)
        for path in ["a\u{1B}[31m/b", "a/\u{202E}b", "a/b\nc", String(repeating: "a", count: 1_025)] {
            let read = try logs([line(path: path)])
            #expect(read.entries.isEmpty && read.unproved.count == 1)
        }
        #expect(try logs([line(key: "")]).entries.isEmpty, "no key, and used")
        #expect(try logs([line(key: "AKIAiosfodnn7example")]).entries.isEmpty)
        let flood = try logs((0..<10_050).map { "keyturn-proof/1 \($0)" } + [line()])
        #expect(flood.entries.isEmpty && flood.unproved.count == 10_001)
        #expect(flood.unproved.last?.detail.contains("more than 10000") == true)
        let bytes: [UInt8] = Array("keyturn-proof/1 github server=".utf8) + [0xFF, 0xC0, 0x00, 0x0A]
        var (scanner, read) = (ProofScanner(), try ProofLogs([], seal, at: now))
        bytes.withUnsafeBytes { scanner.scan($0) { read.take($1, "log", $0) } }
        #expect(read.entries.isEmpty)
    }

    @Test("a log that is not there, and one without a proof")
    func noLog() {
        let missing = #expect(throws: OperationFailure.self) {
            _ = try ProofLogs(["/nonexistent/x.log"], seal, at: now)
        }
        #expect(missing?.message.contains("/nonexistent/x.log: the log cannot be read") == true)
        let none = #expect(throws: OperationFailure.self) { _ = try ProofLogs(["/dev/null"], seal, at: now) }
        #expect(none?.status == .failed && none?.message.contains("--proof-job github|gitlab|travis") == true)
    }
}

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
