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
