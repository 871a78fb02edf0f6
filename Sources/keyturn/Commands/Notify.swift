internal import ArgumentParser
internal import Configuration
internal import Engine
internal import HTTP
internal import Notifications
internal import Rotation

struct Notify: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Sends a test message to every destination of `notifications`.",
        discussion: """
            Tries secrets, addresses and signatures before something happens at night. The message has the event `test`, whatever \
            a destination's `on` says. Exit status 69: one of them did not take it.
            """)

    @OptionGroup var options: GlobalOptions

    func run() async throws {
        let workspace = try Workspace(options)
        let destinations = try workspace.destinations()
        guard !destinations.isEmpty else {
            throw CommandFailure(
                .failed, "\(workspace.configuration.file) has no `notifications`, so nobody is told anything")
        }
        let http = try workspace.makeHTTP()
        defer { http.stop() }
        let sender = workspace.makeSender(http)
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
        try Check.tell(findings, options)
    }
}
