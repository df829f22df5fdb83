using MeetOperator.Rtc.Ice;

namespace MeetOperator.Rtc.Tests.Ice;

public sealed class SecureRandomTests
{
    [Fact]
    public void Next_AllOverloads_StayInRange()
    {
        var random = SecureRandom.Instance;
        for (var i = 0; i < 1000; i++)
        {
            Assert.InRange(random.NextDouble(), 0, 1 - double.Epsilon);
            Assert.InRange(random.NextInt64(), 0, long.MaxValue);
            Assert.InRange(random.Next(3, 5), 3, 4);
            Assert.Equal(7, random.Next(7, 7));
        }
    }

    [Fact]
    public void NextBytes_TransactionIds_DoNotRepeat()
    {
        var seen = new HashSet<string>();
        var id = new byte[12];
        for (var i = 0; i < 1000; i++)
        {
            SecureRandom.Instance.NextBytes(id.AsSpan());
            Assert.True(seen.Add(Convert.ToHexString(id)));
        }
    }
}
