import Journal
@testable import Operations
import PlainText
import PusherHost
import Rotation
import Secrets

/// Logs of CI systems, into which anyone may write whose pull request is built.
enum ProofTarget: FuzzTarget {
    static let name = "proof"

    private static let now = Timestamp(milliseconds: 1_764_400_000_000)
    private static let seal = Seal(key: Secret.text(String(repeating: "k", count: 32)))
    private static let path = "61636d652f617070"

    /// A line that is accepted, so that inputs come from beyond the hash.
    private static func line(_ key: String, _ shown: String) -> String {
        func words(_ key: String) -> String {
            "keyturn-proof/1 github server=- path=\(path) part=- names=A,B key=\(key) result=used at=2025-11-29T07:06:40Z nonce="
                + ProofNonce(for: .github, at: now, seal).text
        }
        return "2026-11-29T10:00:00.1Z \(words(shown)) hash=\(SHA256.hex(of: words(key)))\r\n"
    }

    static var seeds: [[UInt8]] {
        let key = "AKIA-IOSF-ODNN-7EXA-MPLE"
        return [
            line(key, key), line(key, "***"), line(key, key) + line(key, "[MASKED]"),
            "keyturn-proof\tx\tkeyturn-proof/1 ",
            "\u{1B}[0mkeyturn-proof\u{1B}[1m/1 gitlab server=61 path=\u{1B}", "",
        ].map { Array($0.utf8) }
    }

    static func take(_ bytes: UnsafeRawBufferPointer) {
        // The first byte says how it is cut.
        let size = max(1, Int(bytes.first ?? 1))
        let (whole, pieces) = (read(bytes, bytes.count), read(bytes, size))
        demand(
            whole.map(\.proof.sum) == pieces.map(\.proof.sum) && whole.map(\.line) == pieces.map(\.line),
            "a log says the same however it is cut")
        for entry in whole {
            let proof = entry.proof
            demand(PlainText.isShowable(proof.path + proof.part + proof.server), "what is shown can be shown")
            demand(proof.path.utf8.count <= 1_024 && !proof.path.isEmpty, "a place has a bound")
            if case .id(let id) = proof.key { demand(proof.accepts(id), "the hash is the one of the key ID") }
        }
    }

    private static func read(_ bytes: UnsafeRawBufferPointer, _ size: Int) -> [ProofLogs.Entry] {
        guard var logs = try? ProofLogs([], seal, at: now) else { return [] }
        var scanner = ProofScanner()
        for start in stride(from: 0, to: bytes.count, by: max(1, size)) {
            scanner.scan(UnsafeRawBufferPointer(rebasing: bytes[start..<min(start + size, bytes.count)])) {
                logs.take($1, "log", $0)
            }
        }
        scanner.finish { logs.take($1, "log", $0) }
        demand(logs.unproved.count <= 10_001, "what is kept has a bound")
        return logs.entries
    }
}
