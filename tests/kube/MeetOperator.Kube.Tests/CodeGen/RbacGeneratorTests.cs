using MeetOperator.Kube.CodeGen.Errors;
using MeetOperator.Kube.CodeGen.Rbac;
using MeetOperator.Kube.Schema;

namespace MeetOperator.Kube.Tests.CodeGen;

public sealed class RbacGeneratorTests
{
    [Fact]
    public void Generate_RulesOfTwoComponents_AreSortedMergedAndCommented()
    {
        var roles = RbacGenerator.Generate(
            [
                Rule("web", "example.io", ["widgets"], ["watch", "get", "list"], "Reads   widgets.\nAll of them."),
                Rule("controller", "example.io", ["widgets/status"], ["patch"], "Writes what it observed."),
                Rule("controller", "", ["pods"], ["create"], "Starts widgets."),
                Rule("controller", "", ["pods"], ["delete", "create"], "Stops widgets."),
                Rule("controller", "", ["secrets"], ["get"], "Reads its key.", "key", "another"),
            ],
            "my-");

        Assert.Equal(["controller.clusterrole", "web.clusterrole"], roles.Keys);
        Assert.Equal(
            """
            # Generated from the types by MeetOperator.Kube.CodeGen. Do not edit.
            apiVersion: rbac.authorization.k8s.io/v1
            kind: ClusterRole
            metadata:
              name: my-controller
            rules:
            # Starts widgets.
            # Stops widgets.
            - apiGroups:
              - ""
              resources:
              - pods
              verbs:
              - create
              - delete
            # Reads its key.
            - apiGroups:
              - ""
              resourceNames:
              - another
              - key
              resources:
              - secrets
              verbs:
              - get
            # Writes what it observed.
            - apiGroups:
              - example.io
              resources:
              - widgets/status
              verbs:
              - patch

            """,
            roles["controller.clusterrole"]);
        Assert.Contains("# Reads widgets. All of them.\n", roles["web.clusterrole"]);
    }

    [Fact]
    public void Generate_OwnNamespaceRule_GoesIntoRoleOnly()
    {
        var roles = RbacGenerator.Generate(
        [
            Rule("controller", "", ["pods"], ["create"], "Starts widgets."),
            new RbacRuleAttribute("controller") { Group = "coordination.k8s.io", Resources = ["leases"], Verbs = ["get"], OwnNamespace = true, Reason = "Elects." },
        ]);

        Assert.Equal(["controller.clusterrole", "controller.role"], roles.Keys);
        Assert.Contains("\nkind: Role\n", roles["controller.role"], StringComparison.Ordinal);
        Assert.Contains("- leases\n", roles["controller.role"], StringComparison.Ordinal);
        Assert.DoesNotContain("leases", roles["controller.clusterrole"], StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("*", "pods", "get", "wildcards are not allowed")]
    [InlineData("", "*", "get", "wildcards are not allowed")]
    [InlineData("", "pods/*", "get", "wildcards are not allowed")]
    [InlineData("", "pods", "*", "wildcards are not allowed")]
    [InlineData("rbac.authorization.k8s.io", "roles", "escalate", "privilege escalation")]
    [InlineData("rbac.authorization.k8s.io", "roles", "bind", "privilege escalation")]
    [InlineData("", "users", "impersonate", "privilege escalation")]
    [InlineData("", "pods", "read", "allowed verbs are get, list")]
    public void Generate_ForbiddenRule_Throws(string group, string resource, string verb, string expected)
    {
        var error = Assert.Throws<CodeGenException>(() => RbacGenerator.Generate([Rule("controller", group, [resource], [verb], "Because.")]));
        Assert.Contains(expected, error.Message);
        Assert.Contains("controller", error.Message);
    }

    [Fact]
    public void Generate_CreateRestrictedByName_Throws() =>
        Assert.Contains("cannot be restricted by ResourceNames", Assert.Throws<CodeGenException>(() => RbacGenerator.Generate([Rule("c", "", ["pods"], ["create"], "x", "name")])).Message);

    [Fact]
    public void Generate_NoReason_Throws() =>
        Assert.Contains("must not be empty", Assert.Throws<CodeGenException>(() => RbacGenerator.Generate([Rule("c", "", ["pods"], ["get"], " ")])).Message);

    private static RbacRuleAttribute Rule(string component, string group, string[] resources, string[] verbs, string reason, params string[] names) =>
        new(component) { Group = group, Resources = resources, Verbs = verbs, Reason = reason, ResourceNames = names };
}
