internal import Journal
internal import PusherHost
internal import Rotation

/// The ledgers of a fleet's tokens, in the state that its workers share.
struct FleetLedgers: BudgetLedger.Shelf {
    let state: StateAccess

    func update(
        _ name: String, _ change: @Sendable (_ present: BudgetLedger?, _ age: Int64) -> BudgetLedger
    ) async throws {
        let journal = try await state.open()
        try await journal.update("budget\n\(name)", as: BudgetLedger.self) { present, age in
            change(present, age.milliseconds)
        }
    }
}
