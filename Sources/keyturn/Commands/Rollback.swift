internal import ArgumentParser
internal import Operations

struct Rollback: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Make the old key active again, until it is deleted.",
        discussion: """
            In the phases `overlap` and `soak`, which `keyturn status` shows: for when something unexpected still uses \
            the old key. Both keys then stay Active, and the targets keep \
            the new one, until `keyturn retry` begins the overlap again. Find out first who uses the old key.
            """)

    @OptionGroup var one: OneUser

    @OptionGroup var options: GlobalOptions

    func run() async throws {
        try await Orders(OperationContext(options)).rollBack(one.user).print(options)
    }
}
