import TargetMemory

/// A copy of CPython in a process, as the probe found it: what the file says (symbols, version,
/// debug information), at the addresses where this process has it.
public protocol InterpreterSite: AnyObject {
    /// What the probe found out, or what `--abi` says instead.
    var version: PythonVersion { get }
    /// The address in the target of a symbol of the interpreter's file, dynamic or static; also of
    /// the section `.PyRuntime` under the name `_PyRuntime`. Nil when the file has none.
    func address(of symbol: String) -> Address?
    /// Debug information of this very interpreter (in the file or, by build-id, beside it).
    /// Looked for when it is first asked for.
    var structLayouts: (any StructLayouts)? { get }
}
