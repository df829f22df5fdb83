namespace MeetOperator.Bench;

/// <summary>One verb of the bench program. It sets up its environment, measures, and returns each figure as soon as it is known.</summary>
internal interface IBenchVerb
{
    string Name { get; }

    /// <summary>One line for the usage text.</summary>
    string Help { get; }

    IAsyncEnumerable<Figure> RunAsync(string[] arguments);
}
