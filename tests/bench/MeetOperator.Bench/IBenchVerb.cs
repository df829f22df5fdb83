namespace MeetOperator.Bench;

/// <summary>One verb of the bench program: sets its own stage, measures, and gives its figures.</summary>
internal interface IBenchVerb
{
    string Name { get; }

    /// <summary>One line for people.</summary>
    string Help { get; }

    Task<IReadOnlyList<Figure>> RunAsync(string[] arguments);
}
