using MeetOperator.Contracts.SfuPools;
using MeetOperator.Contracts.Tenants;
using MeetOperator.Kube.Metadata;
using MeetOperator.Operator.Kinds.SfuPools;
using MeetOperator.Operator.Settings;

namespace MeetOperator.Operator.Tests.Pools;

public sealed class PoolRulesTests
{
    private static readonly OperatorOptions Options = new()
    {
        MediaNodeImage = "meetoperator/media-node:0.1.0",
        Pools = new PoolLimits { ImageRepositories = ["registry.example/meet", "registry.example/other"] },
    };

    [Theory]
    [InlineData("registry.example/meet/media-node:2", null, true)]
    [InlineData("registry.example/meet/media-node:2", "registry.example/meet", true)]
    [InlineData("registry.example/meet/media-node:2", "registry.example/other", false)]
    [InlineData("registry.example/meet/media-node:2", "registry.example/meet/media-node-2", false)]
    [InlineData("registry.example/meet/media-node:2", "", false)]
    [InlineData("meetoperator/media-node:0.2.0", "", true)]
    [InlineData("evil.example/miner:1", "evil.example", false)]
    public void Check_Image_MustBeAllowedByInstallationAndTenant(string image, string? tenants, bool allowed)
    {
        var tenant = new Tenant
        {
            Metadata = new ObjectMeta { Name = "a" },
            Spec = new TenantSpec { Namespace = "meet-a", Pools = new TenantPools { AllowedImageRepositories = tenants?.Split(',', StringSplitOptions.RemoveEmptyEntries) } },
        };

        var rejections = PoolRules.Check(Pool(image), shared: false, tenant, [], Options);

        Assert.Equal(allowed ? [] : [PoolRules.ImageField], rejections.Select(rejection => rejection.Field));
    }

    private static SfuPool Pool(string image) => new() { Metadata = new ObjectMeta { Name = "p", Namespace = "meet-a" }, Spec = new SfuPoolSpec { Image = image } };
}
