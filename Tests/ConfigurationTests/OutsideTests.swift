import Configuration
import Rotation
import Testing

@Suite("What is shown and reported to the outside")
struct OutsideTests {
    @Test("addresses are read, and it is known which of them only this machine reaches")
    func addresses() throws {
        let cases: [(String, Bool)] = [
            ("127.0.0.1:9464", true), ("127.8.0.1:0", true), ("localhost:80", true), ("[::1]:9464", true),
            ("0.0.0.0:9464", false), ("[::]:9464", false), ("10.0.0.1:1", false), ("[fe80::1]:1", false),
        ]
        for (text, isLoopback) in cases {
            #expect(try #require(ListenAddress(text), "\(text)").isLoopback == isLoopback, "\(text)")
        }
        #expect(ListenAddress("[::1]:80")?.description == "[::1]:80")
        for text in [
            "", ":80", "80", "127.0.0.1", "127.0.0.1:", "127.0.0.1:65536", "127.1:80", "::1:80", "[127.0.0.1]:80",
            "a:80",
        ] {
            #expect(ListenAddress(text) == nil, "\(text)")
        }
    }

    @Test("another address than this machine's own has to be meant")
    func anywhere() throws {
        let complaint = Sample.complaint(Sample.full + "\nlisten: 0.0.0.0:80")
        #expect(complaint?.contains("`listen-anywhere: true` says that this is meant") == true)
        let meant = Sample.full + "\nlisten: 0.0.0.0:80\nlisten-anywhere: true"
        #expect(try Configuration(text: meant, file: Sample.file).listen?.port == 80)
        #expect(try Configuration(text: Sample.full, file: Sample.file).listen == nil)
    }

    @Test("notifications are read in all their forms")
    func notifications() throws {
        let text = """
            \(Sample.full)
            notifications:
              - { webhook: "https://example.com/x", secret: { env: S } }
              - { webhook: { file: url }, secret: { env: S }, on: [blocked, revoked], blocked-after: 30m }
              - slack: { env: SLACK }
              - command: [tell, --loud]
                on: [completed]
            """
        let entries = try Configuration(text: text, file: Sample.file).notifications
        #expect(entries.count == 4)
        #expect(entries[0].occasions == Set(NotificationEvent.Occasion.allCases).subtracting([.delivered]))
        #expect(entries[0].patience == .seconds(600))
        #expect(entries[1].occasions == [.blocked, .revoked])
        #expect(entries[1].patience == .seconds(1_800))
        #expect(entries[3].way == .command(["tell", "--loud"], environment: []))
        #expect(entries[3].occasions == [.completed])
    }

    @Test("receivers with a name are read next to the others, and users name them")
    func owners() throws {
        let text = Sample.full.replacing("users:\n  cicd-bot:\n", with: "users:\n  cicd-bot:\n    owner: platform\n")
        #expect(text != Sample.full)
        let receivers = """
            notifications: [{ teams: { file: url }, digest: 1h }]
            notify:
              platform: { pagerduty: { env: PD } }
              data:
                - { pagerduty: { env: PD }, "on": [blocked], endpoint: "https://events.eu.pagerduty.com/" }
                - { email: ops@example.com, from: keyturn@example.com }
                - { email: [a@example.com, b@example.com], from: k@example.com, sendmail: [./send, -v] }
            """
        let configuration = try Configuration(text: "\(text)\n\(receivers)", file: Sample.file)
        #expect(configuration.users.map(\.owner) == ["platform"])
        let entries = configuration.notifications
        #expect(entries.map(\.owner) == [nil, "platform", "data", "data", "data"])
        #expect(entries[0].digest == .seconds(3_600))
        // What is opened there is closed, and what needs no person opens nothing.
        #expect(entries[1].occasions == [.blocked, .recovered, .drift, .overAge, .configuration])
        #expect(entries[2].occasions == [.blocked, .recovered])
        guard case .pagerDuty("https://events.eu.pagerduty.com", _) = entries[2].way else {
            Issue.record("\(entries[2].way)")
            return
        }
        #expect(
            entries[3].way
                == .email(from: "keyturn@example.com", to: ["ops@example.com"], sendmail: ["/usr/sbin/sendmail"]))
        guard case .email(_, let to, let program) = entries[4].way else {
            Issue.record("\(entries[4].way)")
            return
        }
        #expect(to.count == 2 && program[0].hasSuffix("/send") && !program[0].contains("/./") && program[1] == "-v")
    }
}
