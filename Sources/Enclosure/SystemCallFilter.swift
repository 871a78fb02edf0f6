internal import CSeccomp
internal import Glibc

/// What an argument of a system call must be. All 64 bits are compared: what lies above an `int` has to be zero.
struct ArgumentCondition: Sendable {
    private let index: UInt32
    private let comparison: Comparison
    private enum Comparison: Sendable {
        case equal(UInt64), atMost(UInt64)
        case masked(UInt64, UInt64)
    }

    /// This value.
    static func equals(_ index: UInt32, _ value: UInt64) -> Self { Self(index: index, comparison: .equal(value)) }
    /// This value, or a smaller one.
    static func atMost(_ index: UInt32, _ value: UInt64) -> Self { Self(index: index, comparison: .atMost(value)) }
    /// None of these bits.
    static func without(_ index: UInt32, _ bits: UInt64) -> Self { Self(index: index, comparison: .masked(bits, 0)) }
    /// All of these bits, any of the optional ones, and no other.
    static func exactly(_ index: UInt32, _ bits: UInt64, optional: UInt64) -> Self {
        Self(index: index, comparison: .masked(~optional, bits))
    }

    /// As libseccomp has it.
    var argument: scmp_arg_cmp {
        switch comparison {
        case .equal(let value): scmp_arg_cmp(arg: index, op: SCMP_CMP_EQ, datum_a: value, datum_b: 0)
        case .atMost(let value): scmp_arg_cmp(arg: index, op: SCMP_CMP_LE, datum_a: value, datum_b: 0)
        case .masked(let mask, let value):
            scmp_arg_cmp(arg: index, op: SCMP_CMP_MASKED_EQ, datum_a: mask, datum_b: value)
        }
    }
}

/// One filter of libseccomp.
final class SystemCallFilter {
    /// What becomes of a call, as in `linux/seccomp.h`.
    enum Action {
        static let allow: UInt32 = 0x7FFF_0000
        /// SIGSYS: the handler decides, and remembers.
        static let trap: UInt32 = 0x0003_0000
        /// Fails without being remembered.
        static func fail(_ code: Int32) -> UInt32 { 0x0005_0000 | UInt32(code) }
    }

    /// The step at which the kernel, or a filter that is in force already, says no to filters.
    static let loading = "seccomp_load"

    private let context: scmp_filter_ctx

    /// - Parameter action: what becomes of calls without a rule.
    init(_ action: UInt32) throws(Enclosure.Failure) {
        guard let context = seccomp_init(action) else { throw SystemCalls.failure("seccomp_init", ENOMEM) }
        self.context = context
    }

    deinit { seccomp_release(context) }

    /// Adds a rule; with several conditions all of them must hold.
    func add(_ action: UInt32, _ name: String, where conditions: [ArgumentCondition] = []) throws(Enclosure.Failure) {
        let number = seccomp_syscall_resolve_name(name)
        // Not on this architecture, or younger than the library: then it is refused like the rest.
        guard number >= 0 else { return }
        let arguments = conditions.map(\.argument)
        let result = arguments.withUnsafeBufferPointer {
            seccomp_rule_add_array(context, action, number, UInt32($0.count), $0.baseAddress)
        }
        guard result == 0 else { throw SystemCalls.failure(name, -result) }
    }

    func load() throws(Enclosure.Failure) {
        let result = seccomp_load(context)
        guard result == 0 else { throw SystemCalls.failure(Self.loading, -result) }
    }
}
