using System.Text;
using MeetOperator.Contracts.Naming;
using MeetOperator.Contracts.SfuPools;
using MeetOperator.Contracts.Tenants;
using MeetOperator.Contracts.TurnPools;
using MeetOperator.Kube.Core;
using MeetOperator.Kube.Metadata;

namespace MeetOperator.Local.Defaults;

/// <summary>The tenant, the pool and the Secrets of a new embedded installation. Pure.</summary>
internal static class DefaultObjects
{
    public static Namespace SystemNamespace() => new() { Metadata = new ObjectMeta { Name = LocalNames.SystemNamespace } };

    /// <summary>Also created by the operator. It is applied here so that the pool has a namespace before the operator runs.</summary>
    public static Namespace DefaultNamespace() => new()
    {
        Metadata = new ObjectMeta
        {
            Name = LocalNames.DefaultNamespace,
            Labels = new Dictionary<string, string> { [MeetLabels.Tenant] = LocalNames.Default },
        },
    };

    public static Tenant Tenant() => new()
    {
        Metadata = new ObjectMeta { Name = LocalNames.Default },
        Spec = new TenantSpec { DisplayName = "Default", Namespace = LocalNames.DefaultNamespace },
    };

    /// <param name="ports">UDP ports for the pool's nodes.</param>
    /// <param name="addresses">Addresses that clients send media to.</param>
    /// <param name="loops">Media loops of each node, about one per core.</param>
    public static SfuPool Pool(PortRange ports, IReadOnlyList<string> addresses, int loops) => new()
    {
        Metadata = new ObjectMeta { Name = LocalNames.Default, Namespace = LocalNames.DefaultNamespace },
        Spec = new SfuPoolSpec
        {
            Region = "local",
            Exposure = new SfuExposure
            {
                PortRange = ports,
                UdpPorts = Math.Clamp(loops, 1, 8),
                AddressSource = AddressSource.Static,
                StaticAddresses = addresses,
            },
        },
    };

    /// <param name="port">UDP and TCP port of the relay.</param>
    /// <param name="addresses">Addresses at which clients reach it.</param>
    public static TurnPool TurnPool(int port, IReadOnlyList<string> addresses) => new()
    {
        Metadata = new ObjectMeta { Name = LocalNames.Default, Namespace = LocalNames.DefaultNamespace },
        Spec = new TurnPoolSpec
        {
            Region = "local",
            Listeners = [new TurnListener { Protocol = TurnProtocol.UDP, Port = port }, new TurnListener { Protocol = TurnProtocol.TCP, Port = port }],
            Exposure = new TurnExposure { AddressSource = AddressSource.Static, StaticAddresses = addresses },
            RelayPorts = LocalNetwork.RelayPorts,
        },
    };

    public static Secret Secret(string name, params (string Key, string Value)[] entries) => new()
    {
        Metadata = new ObjectMeta { Name = name, Namespace = LocalNames.SystemNamespace },
        Type = "Opaque",
        Data = entries.ToDictionary(e => e.Key, e => Convert.ToBase64String(Encoding.UTF8.GetBytes(e.Value))),
    };
}
