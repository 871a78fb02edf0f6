internal import AWS
internal import Configuration
internal import Engine
internal import FoundationEssentials
internal import Rotation

/// A whole rotation on stand-ins, which run for as long as it does.
package final class Demonstration {
    private let directory: String
    private let sandbox: SandboxProcess
    private let loaded: LoadedConfiguration

    /// Starts the stand-ins.
    package init(_ context: OperationContext) throws {
        directory = FileManager.default.temporaryDirectory.path + "/keyturn-demo-\(UUID().uuidString)"
        sandbox = try SandboxProcess(context.installation, arguments: ["--propagation-delay", "1.5"])
        do {
            let place = sandbox.announcement
            let files = try SandboxFiles(
                directory: directory, place, CISystem.all(context.installation), overlap: "3s", soak: "3s")
            var own = context
            // The demo's own configuration, whatever else was given.
            own.file = files.configuration
            own.environment = [
                "AWS_ACCESS_KEY_ID": place.accessKeyId, "AWS_SECRET_ACCESS_KEY": place.secretAccessKey,
                "HOME": directory, "PATH": context.environment["PATH"] ?? "/usr/bin:/bin",
            ]
            loaded = try LoadedConfiguration(own)
        } catch {
            sandbox.stop()
            try? FileManager.default.removeItem(atPath: directory)
            throw error
        }
    }

    /// Stops the stand-ins, and removes the files.
    package func end() {
        sandbox.stop()
        try? FileManager.default.removeItem(atPath: directory)
    }

    /// Rotates the key of the one user.
    package func rotate(display: (any RotationDisplay)?) async throws -> DemoSummary {
        let services = try await RotationRun(loaded, display: display).open(for: loaded.users)
        guard let user = services.users.first else {
            throw OperationFailure(.failed, "the demo's configuration has no user")
        }
        let before = try await user.keys.listAccessKeys(of: user.userName)
        display?.begin()
        let outcomes = await services.engine.work(
            on: services.users, requests: [.rotate()], extent: .wholeRotation)
        display?.end()
        let after = try await user.keys.listAccessKeys(of: user.userName)
        await services.close()
        guard let rotation = outcomes.first?.rotation else {
            throw OperationFailure(.failed, "the demo's rotation did not begin")
        }
        return DemoSummary(before: before, after: after, rotation: rotation)
    }
}

/// What the demo did.
package struct DemoSummary: Encodable, Sendable {
    package struct Delivered: Encodable, Sendable {
        package var target: String
        package var state: String
        package var evidence: String?
    }

    package struct Key: Encodable, Sendable {
        package var id: String
        package var status: String
        package var created: String
    }

    package var before: [Key]
    package var after: [Key]
    package var deliveries: [Delivered]
    package var isComplete: Bool

    /// What is wrong where it is not complete.
    package let trouble: String?

    init(before: [AccessKey], after: [AccessKey], rotation: Rotation) {
        let show = { (key: AccessKey) in
            Key(id: key.id.rawValue, status: key.status.rawValue, created: Moment.text(key.created))
        }
        self.before = before.map(show)
        self.after = after.map(show)
        deliveries = rotation.deliveries.sorted { $0.key < $1.key }.map {
            Delivered(target: $0.key.rawValue, state: $0.value.state.rawValue, evidence: $0.value.evidence?.rawValue)
        }
        isComplete =
            rotation.phase == .idle && rotation.number > 0 && after.map(\.id) == [rotation.current?.id]
            && rotation.deliveries.values.allSatisfy { $0.state == .confirmed }
        trouble = rotation.trouble
    }

    private enum CodingKeys: String, CodingKey {
        case before, after, deliveries
        case isComplete = "is-complete"
    }
}
