internal import Engine
internal import Notifications
internal import Rotation

/// A test message to every destination of `notifications`.
package struct TestMessage {
    private let loaded: LoadedConfiguration

    package init(_ context: OperationContext) throws { loaded = try LoadedConfiguration(context) }

    /// Sends it.
    ///
    /// - Returns: for each destination whether it took the message.
    package func send() async throws -> [Finding] {
        let factory = ServiceFactory(loaded)
        // A hook of a user would do its work.
        let destinations = try await factory.destinations().filter { $0.user == nil }
        guard !destinations.isEmpty else {
            throw OperationFailure(
                .failed, "\(loaded.file) has no `notifications` and no `notify`: no message is sent to anyone")
        }
        let http = try factory.makeHTTP()
        defer { http.stop() }
        let sender = factory.makeSender(http)
        let now = SystemClock().now
        let message = Message(testAt: now) { Moment.text($0) }
        var findings: [Finding] = []
        for destination in destinations {
            do throws(DeliveryError) {
                try await sender.send(message, to: destination, at: now.milliseconds / 1_000)
                findings.append(Finding(destination.name, .done, "took the test message"))
            } catch {
                findings.append(
                    Finding(destination.name, .unavailable, "did not take the test message: \(error.description)"))
            }
        }
        return findings
    }
}
