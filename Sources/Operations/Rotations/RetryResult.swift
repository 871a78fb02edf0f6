internal import Rotation

extension StatusDocument.User {
    /// What `retry` led to, and what happens next without anyone's doing.
    var resultOfRetry: String {
        guard let due = next.due else { return "\(user): \(state); keyturn goes on once a person has acted" }
        return "\(user): \(state); next: \(next.action), \(due), by `keyturn step` or `keyturn run`"
    }

    private var state: String {
        if let problemCode, problemCode != "not-delivered" { return "still blocked (\(problemCode))" }
        let open = deliveries.count { !["confirmed", "skipped"].contains($0.state) }
        guard phase != "idle", open > 0 else { return "nothing is open any more" }
        return "\(Rotation.portion(open, of: deliveries.count)) \(open == 1 ? "has" : "have") not confirmed"
    }
}
