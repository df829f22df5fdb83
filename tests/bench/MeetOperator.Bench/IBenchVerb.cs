namespace MeetOperator.Bench;

/// <summary>One verb of the bench program. It sets up its environment, measures, and returns the figures.</summary>
internal interface IBenchVerb
{
    string Name { get; }

    /// <summary>One line for the usage text.</summary>
    string Help { get; }

    Task<IReadOnlyList<Figure>> RunAsync(string[] arguments);
}
