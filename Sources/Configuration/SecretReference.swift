internal import FileTrust
internal import Foundation
internal import JSON
public import Secrets

/// Where a secret is kept: `{ env: NAME }`, `{ file: PATH }` or `{ command: [ARG, …] }`. Never the secret itself.
public struct SecretReference: Hashable, Sendable {
    /// The three kinds.
    public enum Source: Hashable, Sendable {
        case environment(String)
        case file(String)
        case command([String])
    }

    /// The longest secret, in bytes.
    private static let sizeLimit = 64 << 10
    /// The longest that a command may take.
    private static let commandLimit: Double = 30

    /// Where it is kept.
    public var source: Source
    /// For error texts: `pushers.travis.token`.
    var place: String
    var file: String
    var line: Int

    init(_ field: Field, _ place: String, file: String, directory: String) throws(ConfigurationError) {
        self.place = place
        self.file = file
        line = field.line
        let forms = "{ env: NAME }, { file: PATH } or { command: [ARG, …] }"
        func wrong(_ message: String) -> ConfigurationError {
            ConfigurationError(file: file, line: field.line, "`\(place)` \(message)")
        }
        guard case .mapping(let members) = field.value else {
            throw wrong("is a secret, and a secret is never written here: use \(forms)")
        }
        guard members.count == 1, let member = members.first else { throw wrong("must be \(forms)") }
        let (text, words) = (member.field.json.string ?? "", member.field.json.strings ?? [])
        switch member.name {
        case "env" where !text.isEmpty: source = .environment(text)
        case "file" where !text.isEmpty: source = .file(Paths.absolute(text, from: directory))
        case "command" where !words.isEmpty: source = .command(words)
        default: throw wrong("must be \(forms)")
        }
    }

    /// Whether a value has the form of a reference.
    static func isReference(_ field: Field) -> Bool {
        guard case .mapping(let members) = field.value, members.count == 1 else { return false }
        return ["env", "file", "command"].contains(members[0].name)
    }

    /// Fetches the secret. Line breaks at its end do not belong to it.
    public func resolve(environment: [String: String]) throws(ConfigurationError) -> Secret {
        var bytes: [UInt8]
        switch source {
        case .environment(let name):
            guard let value = environment[name], !value.isEmpty else {
                throw error("the environment variable \(name) is not set")
            }
            bytes = Array(value.utf8)
        case .file(let path): bytes = try read(path)
        case .command(let words): bytes = try run(words, environment)
        }
        while bytes.last == 0x0A || bytes.last == 0x0D { bytes.removeLast() }
        guard !bytes.isEmpty else { throw error("the secret is empty") }
        guard bytes.count <= Self.sizeLimit else { throw error("the secret is longer than \(Self.sizeLimit) bytes") }
        guard !bytes.contains(where: { $0 < 0x20 && $0 != 0x09 && $0 != 0x0A && $0 != 0x0D }) else {
            Secret.wipe(&bytes)
            throw error("the secret holds control characters, so it is no text")
        }
        return .taking(&bytes)
    }

    private func error(_ message: String) -> ConfigurationError {
        ConfigurationError(file: file, line: line, "`\(place)`: \(message)")
    }

    private func read(_ path: String) throws(ConfigurationError) -> [UInt8] {
        do throws(TrustedFile.Failure) { return try TrustedFile.read(path, limit: Self.sizeLimit + 2) } catch {
            switch error {
            case .unreadable: throw self.error("\(path) cannot be read")
            case .untrusted(let problem):
                var refusal = self.error(problem)
                refusal.isUntrusted = true
                throw refusal
            }
        }
    }

    private func run(_ words: [String], _ environment: [String: String]) throws(ConfigurationError) -> [UInt8] {
        let process = Process()
        let output = Pipe()
        process.executableURL = URL(fileURLWithPath: "/usr/bin/env")
        process.arguments = words
        process.environment = environment
        process.standardInput = FileHandle.nullDevice
        process.standardOutput = output
        // What it says there may hold the secret.
        process.standardError = FileHandle.nullDevice
        do { try process.run() } catch { throw self.error("the command \(words[0]) cannot be started") }
        let watchdog = DispatchWorkItem { process.terminate() }
        DispatchQueue.global().asyncAfter(deadline: .now() + Self.commandLimit, execute: watchdog)
        let data = (try? output.fileHandleForReading.read(upToCount: Self.sizeLimit + 2)) ?? Data()
        try? output.fileHandleForReading.close()
        process.waitUntilExit()
        watchdog.cancel()
        guard process.terminationReason == .exit, process.terminationStatus == 0 else {
            throw error("the command \(words[0]) failed (status \(process.terminationStatus))")
        }
        return Array(data)
    }
}

/// Paths of the file are relative to the file's own directory.
enum Paths {
    static func absolute(_ path: String, from directory: String) -> String {
        if path.hasPrefix("/") { return path }
        if path.hasPrefix("~/") { return NSHomeDirectory() + path.dropFirst(1) }
        return directory + "/" + path
    }
}
