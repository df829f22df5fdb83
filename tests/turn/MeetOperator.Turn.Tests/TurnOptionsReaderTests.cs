using System.Net;
using MeetOperator.NodeControl.Testing;
using MeetOperator.Turn.Settings;

namespace MeetOperator.Turn.Tests;

public sealed class TurnOptionsReaderTests : IDisposable
{
    private readonly TestAuthority _authority = new();
    private readonly Dictionary<string, string> _variables;

    public TurnOptionsReaderTests()
    {
        var credentials = _authority.Node("meet-default", "relay");
        _variables = new Dictionary<string, string>
        {
            ["MEET_CONTROL_ADDRESS"] = "127.0.0.1:8091",
            ["MEET_NODE_CERTIFICATE"] = credentials.Certificate,
            ["MEET_NODE_KEY"] = credentials.Key,
            ["MEET_NODE_AUTHORITIES"] = credentials.Authorities,
            ["MEET_TURN_DATA"] = "/data",
            ["MEET_TURN_REALM"] = "meet",
            ["MEET_TURN_LISTEN_ADDRESSES"] = "192.0.2.1,192.0.2.2",
            ["MEET_TURN_RELAY_ADDRESSES"] = "192.0.2.1",
        };
    }

    public void Dispose() => _authority.Dispose();

    [Fact]
    public void TryRead_RequiredOnly_HasDefaults()
    {
        var options = Read()!;
        Assert.Equal((3478, 0, (49_152, 65_535)), (options.Port, options.TlsPort, options.RelayPorts));
        Assert.Equal([IPAddress.Parse("192.0.2.1")], options.ListenAddresses); // the other one is not an address of this host
    }

    [Fact]
    public void TryRead_RelayAddresses_AreThoseOfThisHost()
    {
        _variables["MEET_TURN_RELAY_ADDRESSES"] = "192.0.2.2,192.0.2.1";
        Assert.Equal([IPAddress.Parse("192.0.2.1")], Read()!.RelayAddresses);
    }

    [Fact]
    public void TryRead_TlsPort_IsRead()
    {
        _variables["MEET_TURN_TLS_PORT"] = "5349";
        Assert.Equal(5349, Read()!.TlsPort);
    }

    [Theory]
    [InlineData("MEET_TURN_TLS_PORT", "3478", "MEET_TURN_TLS_PORT must differ from MEET_TURN_PORT")]
    [InlineData("MEET_TURN_TLS_PORT", "70000", "MEET_TURN_TLS_PORT: '70000' must be a number from 0 to 65535")]
    [InlineData("MEET_TURN_RELAY_ADDRESSES", "192.0.2.2", "MEET_TURN_RELAY_ADDRESSES: this host has none of these addresses")]
    [InlineData("MEET_TURN_RELAY_PORTS", "1-2", "MEET_TURN_RELAY_PORTS must be a range of ports, for example 49152-65535")]
    public void TryRead_WrongValue_NamesIt(string name, string value, string expected)
    {
        _variables[name] = value;
        Assert.Null(Read(out var errors));
        Assert.Equal([expected], errors);
    }

    private TurnOptions? Read() => Read(out _);

    private TurnOptions? Read(out IReadOnlyList<string> errors)
    {
        TurnOptionsReader.TryRead(_variables.GetValueOrDefault, address => address.Equals(IPAddress.Parse("192.0.2.1")), out var options, out errors);
        return options;
    }
}
