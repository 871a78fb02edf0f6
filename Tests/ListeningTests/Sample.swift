import Listening
import Rotation

/// Snapshots to look at.
enum Sample {
    static let now = Timestamp(milliseconds: 1_800_000_000_000)

    static func delivery(
        _ target: String, _ state: String, attempts: Int = 1, detail: String? = nil, mayBeTorn: Bool = false
    ) -> Snapshot.Delivery {
        .init(
            target: target, state: state, evidence: state == "confirmed" ? "read-back" : nil, attempts: attempts,
            at: "2027-01-15T08:00:00Z", detail: detail, mayBeTorn: mayBeTorn,
            isQuiet: state == "confirmed" && !mayBeTorn)
    }

    static func user(
        _ name: String, _ phase: Phase = .idle, problem: String? = nil, deliveries: [Snapshot.Delivery]? = nil
    ) -> Snapshot.User {
        .init(
            name: name, phase: phase, rotation: 7,
            keys: [.init(id: "AKIAEXAMPLE", role: "current", status: "Active", created: now - .seconds(3_600))],
            deliveries: deliveries ?? [delivery("travis:acme/\(name)", "confirmed")],
            next: .init(action: "rotate", due: now + .seconds(90)), problem: problem,
            problemCode: problem == nil ? nil : "not-delivered", needsAttention: problem != nil)
    }

    static func snapshot(_ users: [Snapshot.User]) -> Snapshot {
        Snapshot(at: now, version: "1.2.3", users: users, started: now - .seconds(60), lastPass: now - .seconds(5))
    }

    static var times: StatusPage.Times {
        StatusPage.Times {
            "T\($0.milliseconds)"
        } span: {
            "\($0.milliseconds / 1_000)s"
        }
    }

    static func page(_ users: [Snapshot.User], _ filter: PageFilter = PageFilter()) -> String {
        StatusPage(snapshot(users), times, filter).text
    }
}
