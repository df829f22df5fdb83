namespace MeetOperator.MediaNode.Tests;

/// <summary>Tests that use every core. No other test of this project runs at the same time.</summary>
[CollectionDefinition(Name, DisableParallelization = true)]
public sealed class ExclusiveCollection
{
    public const string Name = "exclusive";
}
