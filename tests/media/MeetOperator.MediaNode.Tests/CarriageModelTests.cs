namespace MeetOperator.MediaNode.Tests;

/// <summary>The carriers of tracks in rooms that are joined by links, in random orders of everything that can happen.</summary>
public sealed class CarriageModelTests
{
    private const int Seeds = 500;
    private const int Steps = 200;

    [Theory]
    [InlineData(2)]
    [InlineData(3)]
    public void Carriers_InAnyOrderOfEvents_AgreeInTheEnd(int rooms)
    {
        var switches = 0;
        for (var seed = 1; seed <= Seeds; seed++)
        {
            var model = new CarriageModel(seed, rooms);
            for (var step = 0; step < Steps && model.Failure.Length == 0; step++)
            {
                model.Step();
            }

            if (model.Failure.Length == 0)
            {
                model.Settle();
            }

            Assert.True(model.Failure.Length == 0, $"seed {seed}: {model.Failure}");
            Assert.InRange(model.Switches, 0, model.SwitchLimit);
            switches += model.Switches;
        }

        Assert.True(switches > 5 * Seeds, $"only {switches} changes of carriers: the events hardly test anything");
    }
}
