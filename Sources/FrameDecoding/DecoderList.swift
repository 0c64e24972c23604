/// What a list of decoder modules has in common.
extension [DecoderModule] {
    /// The versions that some module has a table for, in order.
    package var supportedABIs: [ABI] { flatMap(\.abis).sorted() }

    /// The symbols that some module wants to find in the interpreter's file.
    package var wantedSymbols: Set<String> { Set(flatMap(\.symbols)) }
}
