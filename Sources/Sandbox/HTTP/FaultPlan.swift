import Synchronization

/// The faults that are still to strike, in the order in which they were asked for.
final class FaultPlan: Sendable {
    private struct State { var faults: [Fault] = [], next = 1 }
    private let state = Mutex(State())

    /// Faults are made by hand; more than this many are a mistake.
    private static let capacity = 1000

    /// Returns the number of the fault, nil when there are too many.
    func add(_ fault: Fault) -> Int? {
        state.withLock { state in
            guard state.faults.count < Self.capacity else { return nil }
            var fault = fault
            fault.id = state.next
            state.next += 1
            state.faults.append(fault)
            return fault.id
        }
    }

    /// The first fault that strikes this request; it has then struck once more.
    func take(_ service: Service, method: String, subject: String) -> Fault? {
        state.withLock { state in
            let index = state.faults.firstIndex { $0.strikes(service, method: method, subject: subject) }
            guard let index else { return nil }
            let fault = state.faults[index]
            if let remaining = fault.remaining {
                if remaining > 1 {
                    state.faults[index].remaining = remaining - 1
                } else {
                    state.faults.remove(at: index)
                }
            }
            return fault
        }
    }

    func clear() { state.withLock { $0.faults = [] } }
}
