import Foundation
import Testing

@testable import PusherHost

@Suite("Lock files")
struct LockFileTests {
    private let directory = FileManager.default.temporaryDirectory.path + "/lock-\(UUID().uuidString)"

    private func plugin(_ manifest: String = #"{"id":"x","version":"1.2.3","hosts":["a.example.com"]}"#) throws
        -> Plugin
    {
        let place = directory + "/x"
        try FileManager.default.createDirectory(atPath: place, withIntermediateDirectories: true)
        try manifest.write(toFile: place + "/manifest.json", atomically: false, encoding: .utf8)
        try "library".write(toFile: place + "/pusher.so", atomically: false, encoding: .utf8)
        return try Plugin(directory: place)
    }

    @Test("give back what was pinned, and leave other pins as they are")
    func roundTrip() throws {
        defer { try? FileManager.default.removeItem(atPath: directory) }
        let plugin = try plugin()
        var grants = plugin.manifest.asks
        grants.readable = ["/etc/hostname"]
        grants.programs = true
        let pin = Pin(plugin, try SealedLibrary(path: plugin.library), grants: grants, signer: nil)
        var lock = try LockFile(path: directory + "/keyturn.lock")
        try lock.write(pin, for: "x")
        try lock.write(pin, for: "y")
        let read = try LockFile(path: directory + "/keyturn.lock")
        #expect(read.pins == ["x": pin, "y": pin])
    }

    @Test("keep signers and former versions, and refuse a lowest version that is none")
    func signers() throws {
        defer { try? FileManager.default.removeItem(atPath: directory) }
        let plugin = try plugin()
        let path = directory + "/keyturn.lock"
        var lock = try LockFile(path: path)
        lock.signers["x"] = TrustedSigner(key: Data(repeating: 1, count: 32).base64EncodedString(), lowest: "1.2.3")
        lock.former["x"] = Pin(plugin, try SealedLibrary(path: plugin.library), grants: Grants())
        try lock.save()
        let read = try LockFile(path: path)
        #expect(read.signers == lock.signers && read.former == lock.former && read.pins.isEmpty)
        let text = try String(contentsOfFile: path, encoding: .utf8)
        let error = #expect(throws: PluginError.self) {
            try LockFile(text: text.replacing("\"1.2.3\"", with: "\"new\""), path: path)
        }
        #expect(error?.description.hasSuffix("`signers.x.lowest` is not a semantic version like 1.4.0") == true)
    }

    @Test("say where a mistake is, with the line")
    func mistakes() throws {
        defer { try? FileManager.default.removeItem(atPath: directory) }
        _ = try plugin()
        let path = directory + "/keyturn.lock"
        let text = """
            { "version": 1,
              "plugins": {
                "x": {
                  "version": "1", "library": "sha256:\(String(repeating: "0", count: 64))",
                  "manifest": "sha1:00", "grants": {} } } }
            """
        try text.write(toFile: path, atomically: false, encoding: .utf8)
        let error = #expect(throws: PluginError.self) { try LockFile(path: path) }
        #expect(
            error?.description.contains("keyturn.lock:5: `plugins.x.manifest` does not have the right form") == true)
    }

    @Test("let nothing in that was not pinned, or is another by a single byte")
    func admission() throws {
        defer { try? FileManager.default.removeItem(atPath: directory) }
        let plugin = try plugin()
        var lock = try LockFile(path: directory + "/keyturn.lock")
        #expect(throws: PluginError.self) {
            try Admission(lock: lock, shipped: "/nowhere").admit(plugin)
        }
        try lock.write(Pin(plugin, try SealedLibrary(path: plugin.library), grants: Grants()), for: "x")
        let admitted = try Admission(lock: lock, shipped: "/nowhere").admit(plugin)
        #expect(admitted.grants == Grants())
        try "Library".write(toFile: plugin.library, atomically: false, encoding: .utf8)
        let error = #expect(throws: PluginError.self) { try Admission(lock: lock, shipped: "/nowhere").admit(plugin) }
        #expect(error?.description.contains("is pinned") == true)
    }

    @Test("that came with plugins count for these only")
    func shipped() throws {
        defer { try? FileManager.default.removeItem(atPath: directory) }
        let plugin = try plugin()
        var shipped = try LockFile(path: directory + "/keyturn.lock")
        try shipped.write(Pin(plugin, try SealedLibrary(path: plugin.library), grants: plugin.manifest.asks), for: "x")
        let empty = try LockFile(path: directory + "/none.lock")
        #expect(try Admission(lock: empty, shipped: directory).admit(plugin).grants.hosts == ["a.example.com"])
        #expect(throws: PluginError.self) {
            try Admission(lock: empty, shipped: directory + "/elsewhere").admit(plugin)
        }
    }

    @Test("hash what SHA-256 of FIPS 180-4 hashes")
    func hash() {
        #expect(SHA256.hex(of: "abc") == "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad")
    }

    @Test("take the signatures of RFC 8032, and no others")
    func signature() {
        // Test 1 of section 7.1: an empty message.
        let seed = bytes("9d61b19deffd5a60ba844af492ec2cc44449c5697b326919703bac031cae7f60")
        let key = Data(bytes("d75a980182b10ab7d54bfed3c964073a0ee172f3daa62325af021a68f707511a"))
        let signature = Ed25519.sign("", seed: seed)
        #expect(Ed25519.publicKey(seed: seed) == key)
        #expect(
            signature
                == Data(
                    bytes(
                        "e5564300c360ac729086e2cc806e828a84877f1eb8e5d974d873e065224901555fb8821590a33bacc61e39701cf9b46bd25bf5f0595bbe24655141438e7a100b"
                    )))
        #expect(Ed25519.isValid(signature, of: "", by: key) && !Ed25519.isValid(signature, of: "x", by: key))
        #expect(!Ed25519.isValid(signature.dropLast(), of: "", by: key))
    }

    private func bytes(_ hex: String) -> [UInt8] {
        stride(from: 0, to: hex.count, by: 2).map { index in
            let start = hex.index(hex.startIndex, offsetBy: index)
            return UInt8(hex[start...].prefix(2), radix: 16) ?? 0
        }
    }
}
