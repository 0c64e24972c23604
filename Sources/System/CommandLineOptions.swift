import CLinux

/// glibc's getopt_long, which permutes arguments.
package enum CommandLineOptions {
    /// One long option; `code` stands for it.
    package struct Long {
        package var name: UnsafePointer<CChar>
        package var takesValue: Bool
        package var code: Int32

        package init(name: UnsafePointer<CChar>, takesValue: Bool, code: Int32) {
            self.name = name
            self.takesValue = takesValue
            self.code = code
        }
    }

    /// What getopt_long says next: an option's code, -1 at the end, '?' for an unknown option or a missing value.
    package struct Step {
        package var code: Int32
        /// `optarg`
        package var value: String?
        /// `optind`
        package var index: Int
    }

    /// Starts reading arguments anew.
    package static func begin() { cl_getopt_reset() }

    package static func next(
        _ count: Int32, _ arguments: [UnsafeMutablePointer<CChar>?], short: String, long: [Long]
    ) -> Step {
        let table = long.map { cl_option(name: $0.name, takes_value: $0.takesValue ? 1 : 0, short_name: $0.code) }
        let code = cl_getopt_next(count, arguments, short, table, table.count)
        return Step(code: code, value: cl_getopt_value().map { String(cString: $0) }, index: Int(cl_getopt_index()))
    }
}
