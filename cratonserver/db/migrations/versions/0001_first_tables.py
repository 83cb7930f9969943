# SPDX-License-Identifier: Apache-2.0
"""Create the first tables."""

import sqlalchemy as sa
from alembic import op

revision = "0001"
down_revision = None


def upgrade() -> None:

    op.create_table(
        "projects",
        sa.Column("id", sa.String(length=36), nullable=False),
        sa.Column("name", sa.String(length=255), nullable=False),
        sa.Column("created_at", sa.String(length=26), nullable=False),
        sa.Column("updated_at", sa.String(length=26), nullable=True),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_projects")),
        sqlite_autoincrement=True,
    )
    op.create_table(
        "clouds",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("name", sa.String(length=255), nullable=False),
        sa.Column("note", sa.Text(), nullable=True),
        sa.Column("created_at", sa.String(length=26), nullable=False),
        sa.Column("updated_at", sa.String(length=26), nullable=True),
        sa.Column("project_id", sa.String(length=36), nullable=False),
        sa.ForeignKeyConstraint(
            ["project_id"],
            ["projects.id"],
            name=op.f("fk_clouds_project_id"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_clouds")),
        sa.UniqueConstraint("project_id", "name", name=op.f("uq_clouds_project_id_name")),
        sqlite_autoincrement=True,
    )
    op.create_index(
        op.f("ix_clouds_project_id_created_at_id"),
        "clouds",
        ["project_id", "created_at", "id"],
        unique=False,
    )
    op.create_table(
        "project_variables",
        sa.Column("owner_id", sa.String(length=36), nullable=False),
        sa.Column("name", sa.String(length=255), nullable=False),
        sa.Column("value", sa.Text(), nullable=False),
        sa.ForeignKeyConstraint(
            ["owner_id"],
            ["projects.id"],
            name=op.f("fk_project_variables_owner_id"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("owner_id", "name", name=op.f("pk_project_variables")),
    )
    op.create_table(
        "users",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("username", sa.String(length=255), nullable=False),
        sa.Column("is_admin", sa.Boolean(), nullable=False),
        sa.Column("created_at", sa.String(length=26), nullable=False),
        sa.Column("updated_at", sa.String(length=26), nullable=True),
        sa.Column("project_id", sa.String(length=36), nullable=False),
        sa.Column("key_digest", sa.String(length=64), nullable=False),
        sa.Column("is_root", sa.Boolean(), nullable=False),
        sa.ForeignKeyConstraint(
            ["project_id"],
            ["projects.id"],
            name=op.f("fk_users_project_id"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_users")),
        sa.UniqueConstraint(
            "project_id", "username", name=op.f("uq_users_project_id_username")
        ),
        sqlite_autoincrement=True,
    )
    op.create_index(
        op.f("ix_users_project_id_created_at_id"),
        "users",
        ["project_id", "created_at", "id"],
        unique=False,
    )
    op.create_table(
        "cloud_variables",
        sa.Column("owner_id", sa.Integer(), nullable=False),
        sa.Column("name", sa.String(length=255), nullable=False),
        sa.Column("value", sa.Text(), nullable=False),
        sa.ForeignKeyConstraint(
            ["owner_id"],
            ["clouds.id"],
            name=op.f("fk_cloud_variables_owner_id"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("owner_id", "name", name=op.f("pk_cloud_variables")),
    )
    op.create_table(
        "regions",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("name", sa.String(length=255), nullable=False),
        sa.Column("note", sa.Text(), nullable=True),
        sa.Column("cloud_id", sa.Integer(), nullable=False),
        sa.Column("created_at", sa.String(length=26), nullable=False),
        sa.Column("updated_at", sa.String(length=26), nullable=True),
        sa.Column("project_id", sa.String(length=36), nullable=False),
        sa.ForeignKeyConstraint(
            ["cloud_id"], ["clouds.id"], name=op.f("fk_regions_cloud_id"), ondelete="CASCADE"
        ),
        sa.ForeignKeyConstraint(
            ["project_id"],
            ["projects.id"],
            name=op.f("fk_regions_project_id"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_regions")),
        sa.UniqueConstraint("cloud_id", "name", name=op.f("uq_regions_cloud_id_name")),
        sqlite_autoincrement=True,
    )
    op.create_index(op.f("ix_regions_cloud_id"), "regions", ["cloud_id"], unique=False)
    op.create_index(
        op.f("ix_regions_project_id_created_at_id"),
        "regions",
        ["project_id", "created_at", "id"],
        unique=False,
    )
    op.create_table(
        "cells",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("name", sa.String(length=255), nullable=False),
        sa.Column("note", sa.Text(), nullable=True),
        sa.Column("cloud_id", sa.Integer(), nullable=False),
        sa.Column("region_id", sa.Integer(), nullable=False),
        sa.Column("created_at", sa.String(length=26), nullable=False),
        sa.Column("updated_at", sa.String(length=26), nullable=True),
        sa.Column("project_id", sa.String(length=36), nullable=False),
        sa.ForeignKeyConstraint(
            ["cloud_id"], ["clouds.id"], name=op.f("fk_cells_cloud_id"), ondelete="CASCADE"
        ),
        sa.ForeignKeyConstraint(
            ["project_id"],
            ["projects.id"],
            name=op.f("fk_cells_project_id"),
            ondelete="CASCADE",
        ),
        sa.ForeignKeyConstraint(
            ["region_id"], ["regions.id"], name=op.f("fk_cells_region_id"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_cells")),
        sa.UniqueConstraint("region_id", "name", name=op.f("uq_cells_region_id_name")),
        sqlite_autoincrement=True,
    )
    op.create_index(op.f("ix_cells_cloud_id"), "cells", ["cloud_id"], unique=False)
    op.create_index(
        op.f("ix_cells_project_id_created_at_id"),
        "cells",
        ["project_id", "created_at", "id"],
        unique=False,
    )
    op.create_index(op.f("ix_cells_region_id"), "cells", ["region_id"], unique=False)
    op.create_table(
        "region_variables",
        sa.Column("owner_id", sa.Integer(), nullable=False),
        sa.Column("name", sa.String(length=255), nullable=False),
        sa.Column("value", sa.Text(), nullable=False),
        sa.ForeignKeyConstraint(
            ["owner_id"],
            ["regions.id"],
            name=op.f("fk_region_variables_owner_id"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("owner_id", "name", name=op.f("pk_region_variables")),
    )
    op.create_table(
        "cell_variables",
        sa.Column("owner_id", sa.Integer(), nullable=False),
        sa.Column("name", sa.String(length=255), nullable=False),
        sa.Column("value", sa.Text(), nullable=False),
        sa.ForeignKeyConstraint(
            ["owner_id"],
            ["cells.id"],
            name=op.f("fk_cell_variables_owner_id"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("owner_id", "name", name=op.f("pk_cell_variables")),
    )
    op.create_table(
        "devices",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("name", sa.String(length=255), nullable=False),
        sa.Column("ip_address", sa.String(length=255), nullable=False),
        sa.Column("device_type", sa.String(length=255), nullable=False),
        sa.Column("active", sa.Boolean(), nullable=False),
        sa.Column("cloud_id", sa.Integer(), nullable=False),
        sa.Column("region_id", sa.Integer(), nullable=False),
        sa.Column("cell_id", sa.Integer(), nullable=True),
        sa.Column("parent_id", sa.Integer(), nullable=True),
        sa.Column("created_at", sa.String(length=26), nullable=False),
        sa.Column("updated_at", sa.String(length=26), nullable=True),
        sa.Column("project_id", sa.String(length=36), nullable=False),
        sa.Column("note", sa.Text(), nullable=True),
        sa.Column("model_name", sa.String(length=255), nullable=True),
        sa.Column("os_version", sa.String(length=255), nullable=True),
        sa.Column("vlans", sa.String(length=255), nullable=True),
        sa.Column("kind", sa.String(length=64), nullable=False),
        sa.ForeignKeyConstraint(
            ["cell_id"], ["cells.id"], name=op.f("fk_devices_cell_id"), ondelete="CASCADE"
        ),
        sa.ForeignKeyConstraint(
            ["cloud_id"], ["clouds.id"], name=op.f("fk_devices_cloud_id"), ondelete="CASCADE"
        ),
        sa.ForeignKeyConstraint(
            ["parent_id"],
            ["devices.id"],
            name=op.f("fk_devices_parent_id"),
            ondelete="NO ACTION",
        ),
        sa.ForeignKeyConstraint(
            ["project_id"],
            ["projects.id"],
            name=op.f("fk_devices_project_id"),
            ondelete="CASCADE",
        ),
        sa.ForeignKeyConstraint(
            ["region_id"], ["regions.id"], name=op.f("fk_devices_region_id"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_devices")),
        sa.UniqueConstraint("region_id", "name", name=op.f("uq_devices_region_id_name")),
        sqlite_autoincrement=True,
    )
    op.create_index(op.f("ix_devices_cell_id"), "devices", ["cell_id"], unique=False)
    op.create_index(op.f("ix_devices_cloud_id"), "devices", ["cloud_id"], unique=False)
    op.create_index(op.f("ix_devices_parent_id"), "devices", ["parent_id"], unique=False)
    op.create_index(
        op.f("ix_devices_project_id_created_at_id"),
        "devices",
        ["project_id", "created_at", "id"],
        unique=False,
    )
    op.create_index(op.f("ix_devices_region_id"), "devices", ["region_id"], unique=False)
    op.create_table(
        "networks",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("name", sa.String(length=255), nullable=False),
        sa.Column("cidr", sa.String(length=255), nullable=False),
        sa.Column("gateway", sa.String(length=255), nullable=False),
        sa.Column("netmask", sa.String(length=255), nullable=False),
        sa.Column("ip_block_type", sa.String(length=255), nullable=True),
        sa.Column("nss", sa.String(length=255), nullable=True),
        sa.Column("cloud_id", sa.Integer(), nullable=False),
        sa.Column("region_id", sa.Integer(), nullable=False),
        sa.Column("cell_id", sa.Integer(), nullable=True),
        sa.Column("created_at", sa.String(length=26), nullable=False),
        sa.Column("updated_at", sa.String(length=26), nullable=True),
        sa.Column("project_id", sa.String(length=36), nullable=False),
        sa.ForeignKeyConstraint(
            ["cell_id"], ["cells.id"], name=op.f("fk_networks_cell_id"), ondelete="CASCADE"
        ),
        sa.ForeignKeyConstraint(
            ["cloud_id"], ["clouds.id"], name=op.f("fk_networks_cloud_id"), ondelete="CASCADE"
        ),
        sa.ForeignKeyConstraint(
            ["project_id"],
            ["projects.id"],
            name=op.f("fk_networks_project_id"),
            ondelete="CASCADE",
        ),
        sa.ForeignKeyConstraint(
            ["region_id"],
            ["regions.id"],
            name=op.f("fk_networks_region_id"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_networks")),
        sa.UniqueConstraint(
            "project_id",
            "region_id",
            "name",
            name=op.f("uq_networks_project_id_region_id_name"),
        ),
        sqlite_autoincrement=True,
    )
    op.create_index(op.f("ix_networks_cell_id"), "networks", ["cell_id"], unique=False)
    op.create_index(op.f("ix_networks_cloud_id"), "networks", ["cloud_id"], unique=False)
    op.create_index(
        op.f("ix_networks_project_id_created_at_id"),
        "networks",
        ["project_id", "created_at", "id"],
        unique=False,
    )
    op.create_index(op.f("ix_networks_region_id"), "networks", ["region_id"], unique=False)
    op.create_table(
        "device_labels",
        sa.Column("owner_id", sa.Integer(), nullable=False),
        sa.Column("label", sa.String(length=255), nullable=False),
        sa.ForeignKeyConstraint(
            ["owner_id"],
            ["devices.id"],
            name=op.f("fk_device_labels_owner_id"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("owner_id", "label", name=op.f("pk_device_labels")),
    )
    op.create_index(op.f("ix_device_labels_label"), "device_labels", ["label"], unique=False)
    op.create_table(
        "device_variables",
        sa.Column("owner_id", sa.Integer(), nullable=False),
        sa.Column("name", sa.String(length=255), nullable=False),
        sa.Column("value", sa.Text(), nullable=False),
        sa.ForeignKeyConstraint(
            ["owner_id"],
            ["devices.id"],
            name=op.f("fk_device_variables_owner_id"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("owner_id", "name", name=op.f("pk_device_variables")),
    )
    op.create_table(
        "network_interfaces",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("name", sa.String(length=255), nullable=False),
        sa.Column("interface_type", sa.String(length=255), nullable=False),
        sa.Column("ip_address", sa.String(length=255), nullable=False),
        sa.Column("device_id", sa.Integer(), nullable=False),
        sa.Column("network_id", sa.Integer(), nullable=True),
        sa.Column("vlan_id", sa.Integer(), nullable=True),
        sa.Column("vlan", sa.String(length=255), nullable=True),
        sa.Column("port", sa.Integer(), nullable=True),
        sa.Column("speed", sa.Integer(), nullable=True),
        sa.Column("duplex", sa.String(length=255), nullable=True),
        sa.Column("link", sa.String(length=255), nullable=True),
        sa.Column("cdp", sa.String(length=255), nullable=True),
        sa.Column("security", sa.String(length=255), nullable=True),
        sa.Column("created_at", sa.String(length=26), nullable=False),
        sa.Column("updated_at", sa.String(length=26), nullable=True),
        sa.Column("project_id", sa.String(length=36), nullable=False),
        sa.ForeignKeyConstraint(
            ["device_id"],
            ["devices.id"],
            name=op.f("fk_network_interfaces_device_id"),
            ondelete="CASCADE",
        ),
        sa.ForeignKeyConstraint(
            ["network_id"],
            ["networks.id"],
            name=op.f("fk_network_interfaces_network_id"),
            ondelete="NO ACTION",
        ),
        sa.ForeignKeyConstraint(
            ["project_id"],
            ["projects.id"],
            name=op.f("fk_network_interfaces_project_id"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_network_interfaces")),
        sa.UniqueConstraint(
            "device_id", "name", name=op.f("uq_network_interfaces_device_id_name")
        ),
        sqlite_autoincrement=True,
    )
    op.create_index(
        op.f("ix_network_interfaces_device_id"),
        "network_interfaces",
        ["device_id"],
        unique=False,
    )
    op.create_index(
        op.f("ix_network_interfaces_network_id"),
        "network_interfaces",
        ["network_id"],
        unique=False,
    )
    op.create_index(
        op.f("ix_network_interfaces_project_id_created_at_id"),
        "network_interfaces",
        ["project_id", "created_at", "id"],
        unique=False,
    )
    op.create_table(
        "network_variables",
        sa.Column("owner_id", sa.Integer(), nullable=False),
        sa.Column("name", sa.String(length=255), nullable=False),
        sa.Column("value", sa.Text(), nullable=False),
        sa.ForeignKeyConstraint(
            ["owner_id"],
            ["networks.id"],
            name=op.f("fk_network_variables_owner_id"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("owner_id", "name", name=op.f("pk_network_variables")),
    )
    op.create_table(
        "network_interface_variables",
        sa.Column("owner_id", sa.Integer(), nullable=False),
        sa.Column("name", sa.String(length=255), nullable=False),
        sa.Column("value", sa.Text(), nullable=False),
        sa.ForeignKeyConstraint(
            ["owner_id"],
            ["network_interfaces.id"],
            name=op.f("fk_network_interface_variables_owner_id"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint(
            "owner_id", "name", name=op.f("pk_network_interface_variables")
        ),
    )


def downgrade() -> None:

    op.drop_table("network_interface_variables")
    op.drop_table("network_variables")
    op.drop_index(
        op.f("ix_network_interfaces_project_id_created_at_id"), table_name="network_interfaces"
    )
    op.drop_index(op.f("ix_network_interfaces_network_id"), table_name="network_interfaces")
    op.drop_index(op.f("ix_network_interfaces_device_id"), table_name="network_interfaces")
    op.drop_table("network_interfaces")
    op.drop_table("device_variables")
    op.drop_index(op.f("ix_device_labels_label"), table_name="device_labels")
    op.drop_table("device_labels")
    op.drop_index(op.f("ix_networks_region_id"), table_name="networks")
    op.drop_index(op.f("ix_networks_project_id_created_at_id"), table_name="networks")
    op.drop_index(op.f("ix_networks_cloud_id"), table_name="networks")
    op.drop_index(op.f("ix_networks_cell_id"), table_name="networks")
    op.drop_table("networks")
    op.drop_index(op.f("ix_devices_region_id"), table_name="devices")
    op.drop_index(op.f("ix_devices_project_id_created_at_id"), table_name="devices")
    op.drop_index(op.f("ix_devices_parent_id"), table_name="devices")
    op.drop_index(op.f("ix_devices_cloud_id"), table_name="devices")
    op.drop_index(op.f("ix_devices_cell_id"), table_name="devices")
    op.drop_table("devices")
    op.drop_table("cell_variables")
    op.drop_table("region_variables")
    op.drop_index(op.f("ix_cells_region_id"), table_name="cells")
    op.drop_index(op.f("ix_cells_project_id_created_at_id"), table_name="cells")
    op.drop_index(op.f("ix_cells_cloud_id"), table_name="cells")
    op.drop_table("cells")
    op.drop_index(op.f("ix_regions_project_id_created_at_id"), table_name="regions")
    op.drop_index(op.f("ix_regions_cloud_id"), table_name="regions")
    op.drop_table("regions")
    op.drop_table("cloud_variables")
    op.drop_index(op.f("ix_users_project_id_created_at_id"), table_name="users")
    op.drop_table("users")
    op.drop_table("project_variables")
    op.drop_index(op.f("ix_clouds_project_id_created_at_id"), table_name="clouds")
    op.drop_table("clouds")
    op.drop_table("projects")
