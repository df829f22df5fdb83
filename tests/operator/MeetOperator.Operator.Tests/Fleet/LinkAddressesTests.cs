using System.Net;
using MeetOperator.Operator.Fleet;

namespace MeetOperator.Operator.Tests.Fleet;

public sealed class LinkAddressesTests
{
    [Theory]
    [InlineData("10.1.2.3", "0.0.0.0", "10.1.2.3")]
    [InlineData("10.1.2.3 fd00::7", "0.0.0.0", "10.1.2.3")]
    [InlineData("10.1.2.3 fd00::7", "0.0.0.0 ::", "10.1.2.3 fd00::7")]
    [InlineData("fd00::7 10.1.2.3", "0.0.0.0 ::", "fd00::7 10.1.2.3")]
    [InlineData("10.1.2.3", "0.0.0.0 ::", "10.1.2.3")]
    [InlineData("127.3.4.5", "127.0.0.1", "127.0.0.1")]
    [InlineData("10.1.2.3", "192.0.2.7", "192.0.2.7")]
    [InlineData("10.1.2.3", "192.0.2.7 ::", "192.0.2.7")]
    [InlineData("10.1.2.3", "nonsense", "")]
    [InlineData("10.1.2.3", "", "")]
    [InlineData("", "0.0.0.0", "")]
    public void Find_PodAndBoundAddresses_AreThoseOfTheSockets(string pod, string bound, string expected) =>
        Assert.Equal(expected, string.Join(' ', LinkAddresses.Find(Split(pod), Split(bound))));

    [Theory]
    [InlineData("10.0.0.1", "10.0.0.2", "10.0.0.2:7")]
    [InlineData("10.0.0.1 fd00::1", "fd00::2 10.0.0.2", "[fd00::2]:7 10.0.0.2:7")]
    [InlineData("10.0.0.1", "fd00::2 10.0.0.2", "10.0.0.2:7")]
    [InlineData("10.0.0.1", "fd00::2", "")]
    [InlineData("10.0.0.1", "224.0.0.1 10.0.0.2", "10.0.0.2:7")]
    [InlineData("10.0.0.1", "10.0.0.2 10.0.0.3 10.0.0.4 10.0.0.5 10.0.0.6", "10.0.0.2:7 10.0.0.3:7 10.0.0.4:7 10.0.0.5:7")]
    public void Between_TwoNodes_AreTheAddressesThatTheFirstCanReach(string from, string to, string expected) =>
        Assert.Equal(expected, string.Join(' ', LinkAddresses.Between(Parse(from), Parse(to), port: 7)));

    private static string[] Split(string addresses) => addresses.Split(' ', StringSplitOptions.RemoveEmptyEntries);

    private static IPAddress[] Parse(string addresses) => [.. Split(addresses).Select(IPAddress.Parse)];
}
