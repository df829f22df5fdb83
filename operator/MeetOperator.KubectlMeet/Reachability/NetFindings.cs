namespace MeetOperator.KubectlMeet.Reachability;

/// <summary>The results of exchanges.</summary>
/// <param name="Checks">One for each address and port, in their order.</param>
/// <param name="SeenAs">The addresses that the others saw.</param>
internal sealed record NetFindings(IReadOnlyList<NetCheck> Checks, IReadOnlyList<string> SeenAs);
