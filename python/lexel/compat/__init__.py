"""The reference's module names: code that imports from them changes the package name alone.

Each module re-exports; nothing is defined here.
"""
