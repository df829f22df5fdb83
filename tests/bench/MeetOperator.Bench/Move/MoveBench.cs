using MeetOperator.Bench.Move.People;

namespace MeetOperator.Bench.Move;

/// <summary>
/// Measures links between media nodes, and what people notice while meetings move between them; all but the links in a running installation. Arguments: <c>--only PART</c> (relay, dropped,
/// room, killed or span), <c>--rounds N</c> of relay (default 5) with <c>--seconds N</c> each (default 8), <c>--moves N</c> (default 200 of dropped, 50 of room, 20 kills of each class of killed).
/// </summary>
internal sealed class MoveBench : IBenchVerb
{
    public string Name => "move";

    public string Help => "what a link between media nodes adds, what people notice of moves, drains, rollouts and killed media nodes, a meeting that grows over five media nodes";

    public IAsyncEnumerable<Figure> RunAsync(string[] arguments)
    {
        var node = Path.Combine(AppContext.BaseDirectory, "MeetOperator.MediaNode.dll");
        int Count(string option, int otherwise) => BenchArguments.Number(arguments, option, otherwise);
        return BenchArguments.MeasureAsync(arguments, [
            ("relay", () => RelayHop.MeasureAsync(node, Count("--rounds", 5), TimeSpan.FromSeconds(Count("--seconds", 8)))),
            ("dropped", () => WithInstallationAsync(installation => DroppedPeople.MeasureAsync(installation, Count("--moves", 200)))),
            ("room", () => WithInstallationAsync(installation => RoomMoves.MeasureAsync(installation, Count("--moves", 50)))),
            ("killed", () => WithInstallationAsync(installation => KilledNodes.MeasureAsync(installation, Count("--moves", 20)))),
            ("span", () => WithInstallationAsync(installation => GrowingMeeting.MeasureAsync(installation))),
        ]);
    }

    private static async Task<IReadOnlyList<Figure>> WithInstallationAsync(Func<Installation, Task<IReadOnlyList<Figure>>> measure)
    {
        using var installation = new Installation();
        using var preference = new Preference();
        return await measure(installation).ConfigureAwait(false);
    }
}
