import Foundation
import FoundationNetworking
import JSON
@testable import Operations
import Testing

/// The sandbox's stand-ins for AWS and the CI systems, with a configuration for them.
final class StandIns {
    let directory: Directory
    private let sandbox: SandboxProcess
    private var place: SandboxProcess.Announcement { sandbox.announcement }

    /// - Parameter change: makes the text of the configuration another one.
    init(_ change: (inout String) throws -> Void = { _ in }) throws {
        directory = try Directory()
        sandbox = try SandboxProcess(Directory.installation, arguments: ["--propagation-delay", "0"])
        let systems = CISystem.all(Directory.installation)
        let files = try SandboxFiles(directory: "\(directory.path)/box", sandbox.announcement, systems)
        for name in try FileManager.default.contentsOfDirectory(atPath: files.directory) where name.hasSuffix(".token")
        {
            let place = "\(directory.path)/\(name)"
            if FileManager.default.fileExists(atPath: place) { try FileManager.default.removeItem(atPath: place) }
            try FileManager.default.moveItem(atPath: "\(files.directory)/\(name)", toPath: place)
        }
        var text = try String(contentsOfFile: files.configuration, encoding: .utf8)
            .replacing("sqlite:keyturn.db", with: "sqlite:state/keyturn.db")
        try change(&text)
        try directory.write("keyturn.yaml", text)
        try directory.writeSealKey()
    }

    deinit { sandbox.stop() }

    /// What operations on it begin with: keyturn's own key is the sandbox's.
    var context: OperationContext {
        var context = directory.context
        context.environment["AWS_ACCESS_KEY_ID"] = place.accessKeyId
        context.environment["AWS_SECRET_ACCESS_KEY"] = place.secretAccessKey
        return context
    }

    /// An order to the stand-ins.
    func order(_ path: String, _ body: JSONValue) async throws -> JSONValue {
        try await ask("POST", place.control + path, body)
    }

    /// A request to the stand-in for GitLab, as its maintainer makes it.
    func gitLab(_ path: String, _ body: JSONValue) async throws -> JSONValue {
        let service = try #require(place.services["gitlab"])
        return try await ask("POST", "\(service.url)/api/v4\(path)", body, ["PRIVATE-TOKEN": service.token])
    }

    private func ask(
        _ method: String, _ url: String, _ body: JSONValue, _ headers: [String: String] = [:]
    ) async throws -> JSONValue {
        var request = URLRequest(url: try #require(URL(string: url)), timeoutInterval: 10)
        request.httpMethod = method
        request.allHTTPHeaderFields = headers.merging(["Content-Type": "application/json"]) { $1 }
        request.httpBody = Data(body.text.utf8)
        let (data, response) = try await URLSession.shared.data(for: request)
        let status = (response as? HTTPURLResponse)?.statusCode ?? 0
        try #require((200..<300).contains(status), "\(url): \(status) \(String(decoding: data, as: UTF8.self))")
        return data.isEmpty ? .null : try JSONValue(parsing: String(decoding: data, as: UTF8.self))
    }

    /// Makes an IAM user with one key, and gives the key's ID.
    func addUser(_ name: String, tags: [String: String] = [:]) async throws -> String {
        let made = try await order(
            "/users",
            .object([
                "name": .string(name), "keys": .integer(1), "tags": .object(tags.mapValues { .string($0) }),
            ]))
        return try #require(made["keys"]?.array?.first?.string)
    }
}
