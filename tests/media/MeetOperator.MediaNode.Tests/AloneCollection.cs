namespace MeetOperator.MediaNode.Tests;

/// <summary>Tests that keep every core busy: they run when no other test of this project does.</summary>
[CollectionDefinition(Name, DisableParallelization = true)]
public sealed class AloneCollection
{
    public const string Name = "alone";
}
