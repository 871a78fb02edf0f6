internal import Journal
internal import PusherHost
internal import Rotation

/// The ledgers of a fleet's tokens, in the state that its workers share.
struct FleetLedgers: BudgetLedger.Shelf {
    let state: StateAccess

    func update(
        _ name: String, _ change: @Sendable (_ present: BudgetLedger?, _ age: Int64) -> BudgetLedger
    ) async throws {
        // It was opened, and found in use, before anything was pushed: taking a user up asks that again, not each slice.
        guard let journal = try await state.openIfThere() else { throw OperationFailure(.failed, "the state is gone") }
        try await journal.update("budget\n\(name)", as: BudgetLedger.self) { present, age in
            change(present, age.milliseconds)
        }
    }
}
